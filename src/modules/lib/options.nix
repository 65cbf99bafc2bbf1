# Declaring options, and showing them and their definitions to people.
{ lib }:
let
  inherit (builtins)
    all
    concatLists
    concatMap
    foldl'
    head
    isAttrs
    isBool
    isFunction
    isList
    isString
    length
    tail
    ;

  isOption = x: x._type or null == "option";
  getValues = map (def: def.value);
  getFiles = map (def: def.file);
  literalExpression = text: {
    _type = "literalExpression";
    inherit text;
  };
  literalMD = text: {
    _type = "literalMD";
    inherit text;
  };

  # Placeholders (`<name>`, `*`) stay bare; everything else is quoted as Nix needs it.
  showPart =
    part: if part == "*" || builtins.match "<.*>" part != null then part else lib.strings.escapeNixIdentifier part;
  showOption = parts: lib.concatMapStringsSep "." showPart parts;

  prioritySuggestion = "Use `lib.mkForce value` or `lib.mkDefault value` to change the priority on any of these definitions.";

  mergeUniqueOption =
    {
      message,
      merge ? null,
    }:
    loc: defs:
    if length defs == 1 then
      if merge == null then (head defs).value else merge loc defs
    else
      assert length defs > 1;
      throw "The option `${showOption loc}' is defined multiple times while it's expected to be unique.\n${message}\nDefinition values:${lib.options.showDefs defs}\n${prioritySuggestion}";

  # A default or an example, as it is to be shown.
  shown = value: if value ? _type && value ? text then value else literalExpression (pretty value);
  pretty = lib.generators.toPretty {
    multiline = true;
    allowPrettyValues = true;
  };
in
{
  inherit
    getFiles
    getValues
    isOption
    literalExpression
    literalMD
    mergeUniqueOption
    showOption
    ;

  # A text of some language, shown as such.
  literalCode = language: text: literalMD "```${language}\n${text}\n```\n";

  mkOption =
    {
      default ? null,
      defaultText ? null,
      example ? null,
      description ? null,
      relatedPackages ? null,
      type ? null,
      apply ? null,
      internal ? null,
      visible ? null,
      readOnly ? null,
    }@attrs:
    attrs // { _type = "option"; };
  mkEnableOption =
    name:
    lib.mkOption {
      default = false;
      example = true;
      description = "Whether to enable ${name}.";
      type = lib.types.bool;
    };
  mkPackageOption =
    pkgs: name:
    {
      nullable ? false,
      default ? name,
      example ? null,
      extraDescription ? "",
      pkgsText ? "pkgs",
    }:
    let
      shownName = if isList name then lib.last name else name;
      path = lib.toList default;
      dotted = lib.concatStringsSep "." path;
    in
    lib.mkOption (
      {
        type = if nullable then lib.types.nullOr lib.types.package else lib.types.package;
        description = "The ${shownName} package to use." + (if extraDescription == "" then "" else " " + extraDescription);
      }
      // (
        if default != null then
          {
            default = lib.attrByPath path (throw "${dotted} cannot be found in ${pkgsText}") pkgs;
            defaultText = literalExpression "${pkgsText}.${dotted}";
          }
        else
          lib.optionalAttrs nullable { default = null; }
      )
      // lib.optionalAttrs (example != null) {
        example = literalExpression (if isList example then "${pkgsText}.${lib.concatStringsSep "." example}" else example);
      }
    );
  mkPackageOptionMD = lib.mkPackageOption;
  mkSinkUndeclaredOptions =
    attrs:
    lib.mkOption (
      {
        internal = true;
        visible = false;
        default = false;
        description = "Sink for option definitions.";
        type = lib.mkOptionType {
          name = "sink";
          check = _: true;
          merge = _: _: false;
        };
        apply = _: throw "Option value is not readable because the option is not declared.";
      }
      // attrs
    );

  literalExample = lib.warn "lib.literalExample is deprecated, use lib.literalExpression instead, or use lib.literalMD for a non-Nix description." literalExpression;
  mdDoc = lib.id;

  # What the definitions of an option become. Each takes the option's location and `[ { file, value } ]`.
  mergeDefaultOption =
    loc: defs:
    let
      values = getValues defs;
    in
    if length values == 1 then
      head values
    else if all isFunction values then
      x: lib.mergeDefaultOption loc (map (f: f x) values)
    else if all isList values then
      concatLists values
    else if all isAttrs values then
      foldl' (a: b: a // b) { } values
    else if all isBool values then
      foldl' (a: b: a || b) false values
    else if all isString values then
      lib.concatStrings values
    else if all builtins.isInt values && all (x: x == head values) values then
      head values
    else
      throw "Cannot merge definitions of `${showOption loc}'. Definition values:${lib.options.showDefs defs}";
  mergeOneOption = mergeUniqueOption { message = ""; };
  mergeEqualOption =
    loc: defs:
    let
      same =
        first: def:
        if def.value == first.value then
          first
        else
          throw "The option `${showOption loc}' has conflicting definition values:${lib.options.showDefs [ first def ]}\n${prioritySuggestion}";
    in
    if defs == [ ] then
      abort "This case should never happen."
    else if length defs == 1 then
      (head defs).value
    else
      (foldl' same (head defs) (tail defs)).value;

  unknownModule = "<unknown-file>";
  showFiles = files: lib.concatMapStringsSep " and " (file: "`${file}'") files;
  showDefs =
    defs:
    lib.concatMapStrings (
      def:
      let
        # A value that cannot be evaluated must not hide where it stands, nor one without an end.
        limited = lib.generators.withRecursion {
          depthLimit = 10;
          throwOnDepthLimit = false;
        } def.value;
        attempt = builtins.tryEval (lib.generators.toPretty { } limited);
        lines = lib.splitString "\n" attempt.value;
        text = lib.concatStringsSep "\n    " (lib.take 5 lines ++ (if length lines > 5 then [ "..." ] else [ ]));
      in
      "\n- In `${def.file}'${if attempt.success then ": ${text}" else ""}"
    ) defs;
  showOptionWithDefLocs =
    opt: "${showOption opt.loc}, with values defined in:\n${lib.concatMapStringsSep "\n" (file: "  - ${file}") opt.files}\n";

  # The options as a list for manuals, submodules' options after their own.
  optionAttrSetToDocList = lib.optionAttrSetToDocList' [ ];
  optionAttrSetToDocList' =
    _: options:
    concatMap (
      opt:
      let
        name = showOption opt.loc;
        doc =
          {
            inherit (opt) loc;
            inherit name;
            description = opt.description or null;
            declarations = builtins.filter (file: file != lib.unknownModule) opt.declarations;
            internal = opt.internal or false;
            visible = if opt ? visible && opt.visible == "shallow" then true else opt.visible or true;
            readOnly = opt.readOnly or false;
            type = opt.type.description or "unspecified";
          }
          // lib.optionalAttrs (opt ? example) {
            example = builtins.addErrorContext "while evaluating the example of option `${name}`" (shown opt.example);
          }
          // lib.optionalAttrs (opt ? defaultText || opt ? default) {
            default = builtins.addErrorContext "while evaluating the ${
              if opt ? defaultText then "defaultText" else "default value"
            } of option `${name}`" (shown (opt.defaultText or opt.default));
          }
          // lib.optionalAttrs (opt ? relatedPackages && opt.relatedPackages != null) { inherit (opt) relatedPackages; };
        below = opt.type.getSubOptions opt.loc;
        showBelow = below != { } && !(opt ? visible && opt.visible == "shallow") && doc.visible;
      in
      [ doc ] ++ (if showBelow then lib.optionAttrSetToDocList' opt.loc below else [ ])
    ) (lib.collect isOption options);
  scrubOptionValue =
    x:
    if lib.isDerivation x then
      {
        type = "derivation";
        drvPath = x.name;
        outPath = x.name;
        name = x.name;
      }
    else if isList x then
      map lib.scrubOptionValue x
    else if isAttrs x then
      builtins.mapAttrs (_: lib.scrubOptionValue) (builtins.removeAttrs x [ "_args" ])
    else
      x;
  renderOptionValue = shown;
}
