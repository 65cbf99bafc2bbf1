# Values as text of some format.
{ lib }:
rec {
  mkValueStringDefault =
    _: v:
    if v == null then
      "null"
    else if v == true then
      "true"
    else if v == false then
      "false"
    else if builtins.isInt v || builtins.isString v || builtins.isPath v || lib.isDerivation v then
      toString v
    else if builtins.isFloat v then
      lib.floatToString v
    else
      throw "generators.mkValueStringDefault: a ${builtins.typeOf v} has no form here: ${toPretty { } v}";

  mkKeyValueDefault =
    {
      mkValueString ? mkValueStringDefault { },
    }:
    sep: key: value:
    "${lib.escape [ sep ] key}${sep}${mkValueString value}";

  toKeyValue =
    {
      mkKeyValue ? mkKeyValueDefault { } "=",
      listsAsDuplicateKeys ? false,
      indent ? "",
    }:
    let
      lines = key: value: map (v: indent + mkKeyValue key v + "\n") (if listsAsDuplicateKeys && builtins.isList value then value else [ value ]);
    in
    attrs: lib.concatStrings (builtins.concatLists (lib.mapAttrsToList lines attrs));

  toINI =
    {
      mkSectionName ? name: lib.escape [ "[" "]" ] name,
      mkKeyValue ? mkKeyValueDefault { } "=",
      listsAsDuplicateKeys ? false,
    }:
    sections:
    lib.concatStringsSep "\n" (
      lib.mapAttrsToList (
        name: values: "[${mkSectionName name}]\n" + toKeyValue { inherit mkKeyValue listsAsDuplicateKeys; } values
      ) sections
    );
  toINIWithGlobalSection =
    options:
    {
      globalSection,
      sections ? { },
    }:
    (if globalSection == { } then "" else toKeyValue (builtins.removeAttrs options [ "mkSectionName" ]) globalSection + "\n")
    + toINI options sections;
  toGitINI =
    attrs:
    let
      section = name: let parts = lib.splitString "." name; in if builtins.length parts == 1 then name else "${builtins.head parts} \"${lib.concatStringsSep "." (builtins.tail parts)}\"";
      plain = lib.filterAttrs (_: v: !(builtins.isAttrs v) || lib.isDerivation v);
      nested = lib.filterAttrs (_: v: builtins.isAttrs v && !(lib.isDerivation v));
      go = name: v: lib.optionalAttrs (plain v != { }) { ${name} = plain v; } // lib.concatMapAttrs (n: go "${name}.${n}") (nested v);
    in
    toINI {
      mkSectionName = section;
      mkKeyValue = key: value: "\t${mkKeyValueDefault { } " = " key value}";
      listsAsDuplicateKeys = true;
    } (lib.concatMapAttrs go attrs);

  toJSON = _: builtins.toJSON;
  toYAML = toJSON; # JSON is YAML.

  # Nix syntax, for people.
  toPretty =
    {
      multiline ? true,
      indent ? "",
      ...
    }:
    let
      go =
        indent: v:
        let
          inner = if multiline then "${indent}  " else "";
          sep = if multiline then "\n" else " ";
          between = open: close: items: "${open}${sep}${lib.concatMapStrings (item: inner + item + sep) items}${if multiline then indent else ""}${close}";
        in
        if builtins.isString v then
          lib.escapeNixString v
        else if v == null then
          "null"
        else if builtins.isBool v then
          lib.boolToString v
        else if builtins.isInt v || builtins.isPath v then
          toString v
        else if builtins.isFloat v then
          lib.floatToString v
        else if builtins.isList v then
          if v == [ ] then "[ ]" else between "[" "]" (map (go inner) v)
        else if builtins.isFunction v then
          "<function>"
        else if lib.isDerivation v then
          "<derivation ${v.name or "???"}>"
        else if v == { } then
          "{ }"
        else
          between "{" "}" (lib.mapAttrsToList (name: value: "${lib.escapeNixIdentifier name} = ${go inner value};") v);
    in
    go indent;
}
