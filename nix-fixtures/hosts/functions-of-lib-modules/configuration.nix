# Functions of `lib.modules`: renamed, changed, merged and aliased options, `importJSON`, `importTOML`, `importApply`.
{ config, lib, ... }:
{
  imports = [
    (lib.mkRenamedOptionModule [ "old" "name" ] [ "site" "name" ])
    (lib.mkRemovedOptionModule [ "gone" "forever" ] "it is not needed")
    (lib.mkAliasOptionModule [ "short" ] [ "site" "containers" ])
    (lib.mkChangedOptionModule [ "site" "minutes" ] [ "site" "timeout" ] (config: "${toString config.site.minutes}min"))
    (lib.mkMergedOptionModule [ [ "a" "flag" ] [ "b" "flag" ] ] [ "site" "flags" ] (config: lib.optional (lib.getAttrFromPath [ "a" "flag" ] config == "x") "a" ++ [ (lib.attrByPath [ "b" "flag" ] "none" config) ]))
    (lib.mkRenamedOptionModuleWith { sinceRelease = 2311; from = [ "very" "old" ]; to = [ "site" "level" ]; })
    (lib.modules.importJSON ./values.json)
    (lib.modules.importTOML ./values.toml)
    (lib.modules.importApply ./applied.nix { port = 99; })
    (lib.modules.setDefaultModuleLocation "elsewhere" { site.flags = [ "located" ]; })
    ./options.nix
  ];
  old.name = "renamed";
  short.aliased = { };
  a.flag = "x";
  b.flag = "y";
  site.minutes = 3;
  very.old = 7;
  networking.hostName = config.site.name;
  containers = lib.mapAttrs (_: extra: { timeoutStartSec = config.site.timeout; extraFlags = config.site.flags ++ extra; config = { }; }) config.site.containers;
  system.stateVersion = toString config.site.level + ".05";
}
