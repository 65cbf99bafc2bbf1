# Values as text of some format.
{ lib }:
let
  inherit (builtins)
    concatLists
    head
    isAttrs
    isBool
    isFloat
    isInt
    isList
    isPath
    isString
    length
    mapAttrs
    tail
    toJSON
    toString
    typeOf
    ;
  inherit (lib)
    concatMapStringsSep
    concatStrings
    concatStringsSep
    escape
    isDerivation
    isFunction
    mapAttrsToList
    optionals
    replaceStrings
    splitString
    ;

  mkValueStringDefault =
    { }:
    v:
    let
      unsupported = kind: abort "generators.mkValueStringDefault: ${kind} not supported: ${toPretty { } v}";
    in
    if isInt v || isDerivation v then
      toString v
    else if isString v then
      v
    else if isBool v then
      lib.boolToString v
    else if v == null then
      "null"
    else if isList v then
      unsupported "lists"
    else if isAttrs v then
      unsupported "attrsets"
    else if isFunction v then
      unsupported "functions"
    else if isFloat v then
      lib.floatToString v
    else
      unsupported "this value is";

  mkKeyValueDefault =
    {
      mkValueString ? mkValueStringDefault { },
    }:
    sep: key: value:
    "${escape [ sep ] key}${sep}${mkValueString value}";

  toKeyValue =
    {
      mkKeyValue ? mkKeyValueDefault { } "=",
      listsAsDuplicateKeys ? false,
      indent ? "",
    }:
    let
      line = key: value: indent + mkKeyValue key value + "\n";
      lines = key: value: map (line key) (if listsAsDuplicateKeys && isList value then value else [ value ]);
    in
    attrs: concatStrings (concatLists (mapAttrsToList lines attrs));

  toINI =
    {
      mkSectionName ? escape [ "[" "]" ],
      mkKeyValue ? mkKeyValueDefault { } "=",
      listsAsDuplicateKeys ? false,
    }:
    let
      body = toKeyValue { inherit mkKeyValue listsAsDuplicateKeys; };
    in
    sections: lib.concatMapAttrsStringSep "\n" (name: values: "[${mkSectionName name}]\n${body values}") sections;

  # Nix syntax, for people.
  toPretty =
    {
      multiline ? true,
      # Whether `{ __pretty, val }` shows itself.
      allowPrettyValues ? false,
      indent ? "",
    }:
    let
      go =
        indent: v:
        let
          before = if multiline then "\n${indent}  " else " ";
          after = if multiline then "\n${indent}" else " ";
          inner = go "${indent}  ";
          lines = splitString "\n" v;
          quoted = "\"" + concatMapStringsSep "\\n" (escape [ "\\" "\"" "\${" ]) lines + "\"";
          indented =
            let
              escaped = map (replaceStrings [ "\${" "''" ] [ "''\${" "'''" ]) lines;
              final = lib.last escaped;
            in
            "''"
            + before
            + concatStringsSep before (lib.init escaped)
            + (if final == "" then after else before + final)
            + "''";
          arguments = lib.functionArgs v;
          shownArguments = lib.concatMapAttrsStringSep ", " (name: optional: if optional then "${name}?" else name) arguments;
          attribute =
            name: value:
            "${lib.strings.escapeNixIdentifier name} = ${
              builtins.addErrorContext "while evaluating an attribute `${name}`" (inner value)
            };";
        in
        if isInt v then
          toString v
        else if isFloat v then
          toJSON v
        else if isString v then
          if multiline && length lines > 1 then indented else quoted
        else if isBool v then
          lib.boolToString v
        else if v == null then
          "null"
        else if isPath v then
          toString v
        else if isList v then
          if v == [ ] then "[ ]" else "[${before}${concatMapStringsSep before inner v}${after}]"
        else if isFunction v then
          if arguments == { } then "<function>" else "<function, args: {${shownArguments}}>"
        else if isAttrs v then
          if allowPrettyValues && v ? __pretty && v ? val then
            v.__pretty v.val
          else if v == { } then
            "{ }"
          else if v ? type && v.type == "derivation" then
            "<derivation ${v.name or "???"}>"
          else
            "{${before}${lib.concatMapAttrsStringSep before attribute v}${after}}"
        else
          abort "generators.toPretty: should never happen (v = ${v})";
    in
    go indent;

  # Lua names, dotted.
  luaName = "[[:alpha:]_][[:alnum:]_]*(\\.[[:alpha:]_][[:alnum:]_]*)*";
  toLua =
    {
      multiline ? true,
      indent ? "",
      # Assignments to global names, not a table.
      asBindings ? false,
    }@args:
    v:
    let
      inside = "${indent}  ";
      before = if multiline then "\n${inside}" else " ";
      after = if multiline then "\n${indent}" else " ";
      inner = toLua (
        args
        // {
          indent = if asBindings then indent else inside;
          asBindings = false;
        }
      );
      table = items: "{${before}${concatStringsSep ",${before}" items}${after}}";
      bad = builtins.filter (name: builtins.match luaName name == null) (builtins.attrNames v);
    in
    if asBindings then
      assert lib.assertMsg (bad == [ ]) "Bad Lua var names: ${toPretty { } bad}";
      concatStrings (mapAttrsToList (key: value: "${indent}${key} = ${inner value}\n") v)
    else if v == null then
      "nil"
    else if isInt v || isFloat v || isString v || isBool v then
      toJSON v
    else if isPath v || isDerivation v then
      toJSON "${v}"
    else if isList v then
      if v == [ ] then "{}" else table (map inner v)
    else if isAttrs v then
      if v._type or null == "lua-inline" then
        "(${v.expr})"
      else if v == { } then
        "{}"
      else
        table (mapAttrsToList (key: value: "[${toJSON key}] = ${inner value}") v)
    else
      abort "generators.toLua: type ${typeOf v} is unsupported";

  toDhall =
    { }@args:
    v:
    let
      inner = toDhall args;
    in
    if isAttrs v then
      "{ ${lib.concatMapAttrsStringSep ", " (key: value: "${key} = ${inner value}") v} }"
    else if isList v then
      "[ ${concatMapStringsSep ", " inner v} ]"
    else if isInt v then
      (if v < 0 then "" else "+") + toString v
    else if isBool v then
      if v then "True" else "False"
    else if isFunction v then
      abort "generators.toDhall: cannot convert a function to Dhall"
    else if v == null then
      abort "generators.toDhall: cannot convert a null to Dhall"
    else
      toJSON v;
in
{
  inherit
    mkKeyValueDefault
    mkValueStringDefault
    toDhall
    toINI
    toKeyValue
    toLua
    toPretty
    ;

  toINIWithGlobalSection =
    {
      mkSectionName ? escape [ "[" "]" ],
      mkKeyValue ? mkKeyValueDefault { } "=",
      listsAsDuplicateKeys ? false,
    }:
    {
      globalSection,
      sections ? { },
    }:
    (if globalSection == { } then "" else toKeyValue { inherit mkKeyValue listsAsDuplicateKeys; } globalSection + "\n")
    + toINI { inherit mkSectionName mkKeyValue listsAsDuplicateKeys; } sections;

  # Nested sets become `[section "sub.section"]`.
  toGitINI =
    attrs:
    let
      sectionName =
        name:
        let
          parts = splitString "." name;
        in
        if lib.hasInfix "\"" name || length parts == 1 then
          name
        else
          "${head parts} \"${concatStringsSep "." (tail parts)}\"";
      valueString =
        v:
        mkValueStringDefault { } (
          if isString v then
            "\"${replaceStrings [ "\n" "\t" "\"" "\\" ] [ "\\n" "\\t" "\\\"" "\\\\" ] v}\""
          else
            v
        );
      keyValue =
        key: values:
        concatMapStringsSep "\n" (v: "\t" + mkKeyValueDefault { mkValueString = valueString; } " = " key v) (
          lib.toList values
        );
      flat =
        path: value:
        if isAttrs value && !(isDerivation value) then
          concatLists (mapAttrsToList (name: flat (path ++ [ name ])) value)
        else if length path > 1 then
          [ { ${concatStringsSep "." (lib.init path)}.${lib.last path} = value; } ]
        else
          [ { ${head path} = value; } ];
    in
    toINI {
      mkSectionName = sectionName;
      mkKeyValue = keyValue;
    } (lib.foldl lib.recursiveUpdate { } (flat [ ] attrs));

  mkDconfKeyValue = mkKeyValueDefault { mkValueString = v: toString (lib.gvariant.mkValue v); } "=";
  toDconfINI = toINI { mkKeyValue = lib.generators.mkDconfKeyValue; };

  # A value whose parts below a depth are cut off, so that showing it ends.
  withRecursion =
    {
      depthLimit,
      throwOnDepthLimit ? true,
    }:
    assert isInt depthLimit;
    let
      special = [ "__functor" "__functionArgs" "__toString" "__pretty" ];
      within =
        depth: v:
        if depth <= depthLimit then
          v
        else if throwOnDepthLimit then
          throw "Exceeded maximum eval-depth limit of ${toString depthLimit} while trying to evaluate with `generators.withRecursion'!"
        else
          "<unevaluated>";
      # What has no parts counts as deep as its parts would be.
      go =
        depth: v:
        let
          next = x: go (depth + 1) (within (depth + 1) x);
        in
        if isAttrs v then
          mapAttrs (name: value: if builtins.elem name special then value else next value) v
        else if isList v then
          map next v
        else
          within (depth + 1) v;
    in
    go 0;

  toJSON = { }: toJSON;
  # JSON is YAML.
  toYAML = { }: toJSON;

  toPlist =
    {
      escape ? false,
    }:
    v:
    let
      text = if escape then lib.escapeXML else lib.id;
      element = tag: content: "<${tag}>${content}</${tag}>";
      around =
        tag: indent: lines:
        concatStringsSep "\n" ([ "${indent}<${tag}>" ] ++ lines ++ [ "${indent}</${tag}>" ]);
      go =
        indent: x:
        if x == null then
          ""
        else if isBool x then
          indent + (if x then "<true/>" else "<false/>")
        else if isInt x then
          indent + element "integer" (toString x)
        else if isString x then
          indent + element "string" (text x)
        else if isList x then
          around "array" indent [ (concatMapStringsSep "\n" (go "\t${indent}") x) ]
        else if isAttrs x then
          around "dict" indent [
            (concatStringsSep "\n" (
              concatLists (
                mapAttrsToList (
                  name: value:
                  optionals (name != "_module" && value != null) [
                    "\t${indent}${element "key" (text name)}"
                    (go "\t${indent}" value)
                  ]
                ) x
              )
            ))
          ]
        else if isPath x then
          indent + element "string" (text (toString x))
        else if isFloat x then
          indent + element "real" (toString x)
        else
          abort "generators.toPlist: should never happen (v = ${v})";
    in
    ''
      <?xml version="1.0" encoding="UTF-8"?>
      <!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
      <plist version="1.0">
      ${go "" v}
      </plist>'';

  mkLuaInline = expr: {
    _type = "lua-inline";
    inherit expr;
  };
}
