# Modules for options that were renamed, changed or removed.
{ lib }:
let
  inherit (lib.options) mkOption showFiles showOption;
  inherit (lib.properties)
    mkAliasAndWrapDefinitions
    mkAliasAndWrapDefsWithPriority
    mkIf
    mkMerge
    ;
  inherit (lib.attrsets) attrByPath getAttrFromPath setAttrByPath;

  doRename =
    {
      from,
      to,
      visible,
      warn,
      use,
      withPriority ? true,
      condition ? true,
    }:
    { config, options, ... }:
    let
      old = getAttrFromPath from options;
      value = attrByPath to (abort "Renaming error: option `${showOption to}' does not exist.") config;
      # A target that is no option itself is a set of options.
      type = (attrByPath to { } options).type or (lib.types.submodule { });
      wrap = if withPriority then mkAliasAndWrapDefsWithPriority else mkAliasAndWrapDefinitions;
    in
    {
      options = setAttrByPath from (mkOption {
        inherit type visible;
        description = "Alias of {option}`${showOption to}`.";
        apply = _: use value;
      });
      config = mkIf condition (mkMerge [
        (lib.optionalAttrs (options ? warnings) {
          warnings = lib.optional (warn && old.isDefined)
            "The option `${showOption from}' defined in ${showFiles old.files} has been renamed to `${showOption to}'.";
        })
        (wrap (setAttrByPath to) old)
      ]);
    };

  obsolete = from: to: "Obsolete option `${showOption from}' is used. It was renamed to `${showOption to}'.";

  # What the old options of a merge are while nobody sets them.
  unset = "_mkMergedOptionModule";
in
{
  inherit doRename;

  mkRenamedOptionModule =
    from: to:
    doRename {
      inherit from to;
      visible = false;
      warn = true;
      use = builtins.trace (obsolete from to);
    };
  mkRenamedOptionModuleWith =
    {
      from,
      to,
      # The release, as a number (2311), from which on the new name can be had.
      sinceRelease,
    }:
    let
      known = lib.oldestSupportedReleaseIsAtLeast sinceRelease;
    in
    doRename {
      inherit from to;
      visible = false;
      warn = known;
      use = lib.warnIf known (obsolete from to);
    };
  mkAliasOptionModule =
    from: to:
    doRename {
      inherit from to;
      visible = true;
      warn = false;
      use = lib.id;
    };
  mkAliasOptionModuleMD = lib.mkAliasOptionModule;

  mkRemovedOptionModule =
    path: replacement:
    { options, ... }:
    let
      option = getAttrFromPath path options;
    in
    {
      options = setAttrByPath path (mkOption {
        visible = false;
        apply =
          _: throw "The option `${showOption path}' can no longer be used since it's been removed. ${replacement}";
      });
      config.assertions = [
        {
          assertion = !option.isDefined;
          message = "The option definition `${showOption path}' in ${showFiles option.files} no longer has any effect; please remove it.\n${replacement}\n";
        }
      ];
    };

  mkMergedOptionModule =
    froms: to: merge:
    { config, options, ... }:
    let
      isSet = from: getAttrFromPath from config != unset;
    in
    {
      options = builtins.foldl' lib.recursiveUpdate { } (
        map (
          from:
          setAttrByPath from (mkOption {
            visible = false;
            default = unset;
          })
        ) froms
      );
      config = {
        warnings = map (
          from:
          "The option `${showOption from}' defined in ${
            showFiles (getAttrFromPath from options).files
          } has been changed to `${showOption to}' that has a different type. Please read `${showOption to}' documentation and update your configuration accordingly."
        ) (builtins.filter isSet froms);
      }
      // setAttrByPath to (mkMerge (lib.optional (builtins.any isSet froms) (merge config)));
    };
  mkChangedOptionModule = from: lib.mkMergedOptionModule [ from ];
}
