# Reads of `options`: `isDefined`, `definitions`, `files`, `highestPrio`, defaults, and `? name` of own options.
{ config, lib, options, ... }:
{
  imports = [ ./declare.nix ];
  site.tags = [ "edge" ];
  networking.hostName = "reader";
  containers.reader = {
    autoStart = options.site.owner.isDefined;
    ephemeral = options.site.tags.isDefined;
    privateNetwork = options.site ? owner;
    hostBridge = lib.mkIf (options.site ? nothing) "never";
    timeoutStartSec = "${toString (lib.length options.site.tags.definitions)}min";
    extraFlags = [
      "--setenv=DEFAULT=${options.site.level.default}"
      "--setenv=FILES=${toString (map baseNameOf options.site.tags.files)}"
      "--setenv=PRIO=${toString options.site.level.highestPrio}"
      "--setenv=TAGS=${lib.concatStringsSep "," config.site.tags}"
      "--setenv=LOC=${lib.showOption options.site.level.loc}"
    ];
    config = { };
  };
  system.stateVersion = "25.05";
}
