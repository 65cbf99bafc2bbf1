# Declaring options, and showing them and their definitions to people.
{ lib }:
rec {
  isOption = x: x._type or null == "option";
  mkOption = attrs: attrs // { _type = "option"; };
  mkEnableOption =
    name:
    mkOption {
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
      path = lib.toList (if builtins.isString name then lib.last (lib.toList name) else name);
      wanted = if builtins.isString default then [ default ] else if default == null then null else default;
    in
    mkOption (
      {
        type = if nullable then lib.types.nullOr lib.types.package else lib.types.package;
        description = "The ${lib.last path} package to use. ${extraDescription}";
      }
      // lib.optionalAttrs (default != null) {
        default = lib.getAttrFromPath wanted pkgs;
        defaultText = literalExpression "${pkgsText}.${lib.concatStringsSep "." wanted}";
      }
      // lib.optionalAttrs (default == null && nullable) { default = null; }
    );
  mkSinkUndeclaredOptions =
    attrs:
    mkOption (
      {
        internal = true;
        visible = false;
        default = false;
        type = lib.mkOptionType {
          name = "sink";
          check = _: true;
          merge = _: _: false;
        };
      }
      // attrs
    );

  literalExpression = text: {
    _type = "literalExpression";
    inherit text;
  };
  literalExample = literalExpression;
  literalMD = text: {
    _type = "literalMD";
    inherit text;
  };
  mdDoc = lib.id;

  # What the definitions of an option become. Each takes the option's location and `[ { file, value } ]`.
  mergeDefaultOption =
    loc: defs:
    let
      values = getValues defs;
    in
    if builtins.length values == 1 then
      builtins.head values
    else if builtins.all builtins.isList values then
      builtins.concatLists values
    else if builtins.all builtins.isAttrs values then
      lib.mergeAttrsList values
    else if builtins.all builtins.isBool values then
      builtins.any lib.id values
    else if builtins.all builtins.isString values then
      lib.concatStrings values
    else
      throw "Cannot merge definitions of `${showOption loc}'. Definition values:${showDefs defs}";
  mergeOneOption = mergeUniqueOption { message = ""; };
  mergeUniqueOption =
    args@{
      message,
      merge ? null,
    }:
    loc: defs:
    if builtins.length defs != 1 then
      throw "The option `${showOption loc}' is defined multiple times while it's expected to be unique.\n${message}\nDefinition values:${showDefs defs}\n${priorityHint}"
    else if merge == null then
      (builtins.head defs).value
    else
      merge loc defs;
  mergeEqualOption =
    loc: defs:
    let
      first = builtins.head defs;
    in
    if defs == [ ] then
      throw "mergeEqualOption: no definition of `${showOption loc}'"
    else if builtins.all (def: def.value == first.value) (builtins.tail defs) then
      first.value
    else
      throw "The option `${showOption loc}' has conflicting definition values:${showDefs defs}\n${priorityHint}";
  priorityHint = "Use `lib.mkForce value` or `lib.mkDefault value` to change the priority on any of these definitions.";

  getValues = map (def: def.value);
  getFiles = map (def: def.file);

  unknownModule = "<unknown-file>";
  # Placeholders (`<name>`) and the counters of list elements stay bare; everything else is quoted as Nix needs it.
  showOption =
    parts:
    let
      show = part: if builtins.match "<.*>|\\*|\\[.*]" part != null then part else lib.strings.escapeNixIdentifier part;
    in
    lib.concatMapStringsSep "." show parts;
  showFiles = files: lib.concatMapStringsSep " and " (file: "`${file}'") files;
  showDefs =
    defs:
    lib.concatMapStrings (
      def:
      let
        # A value that cannot be evaluated must not hide where it stands.
        shown = builtins.tryEval (lib.generators.toPretty { } (shorten 3 def.value));
        lines = lib.splitString "\n" (if shown.success then shown.value else "<error>");
        text = lib.concatStringsSep "\n    " (lib.take 5 lines ++ lib.optional (builtins.length lines > 5) "...");
      in
      "\n- In `${def.file}'${if shown.success then ": " + text else ""}"
    ) defs;
  showOptionWithDefLocs = opt: "${showOption opt.loc}, with values defined in:\n${lib.concatMapStringsSep "\n" (file: "  - ${file}") opt.files}\n";

  # The outer levels of a value: enough to recognise it, and an end to what has none.
  shorten =
    depth: v:
    if lib.isDerivation v then
      v
    else if builtins.isAttrs v then
      if v != { } && depth == 0 then "..." else builtins.mapAttrs (_: shorten (depth - 1)) v
    else if builtins.isList v then
      if v != [ ] && depth == 0 then "..." else map (shorten (depth - 1)) v
    else
      v;
}
