# Nothing sets containers by hand here, but much reads them: hosts files, nginx, prometheus, assertions; and `mapAttrs` on `config`.
{ config, lib, ... }:
let
  privates = lib.filterAttrs (_: c: c.privateNetwork) config.containers;
  ports = lib.concatLists (lib.mapAttrsToList (n: c: map (p: { inherit n; inherit (p) hostPort protocol; }) c.forwardPorts) privates);
in
{
  imports = [ ./guests.nix ];
  networking.hostName = "observer";
  networking.firewall.allowedTCPPorts = map (p: p.hostPort) (lib.filter (p: p.protocol == "tcp") ports);
  networking.firewall.allowedUDPPorts = map (p: p.hostPort) (lib.filter (p: p.protocol != "tcp") ports);
  networking.firewall.interfaces = lib.mapAttrs' (n: c: lib.nameValuePair "ve-${n}" { allowedTCPPorts = lib.optional (!c.ephemeral) 9100; }) privates;
  networking.nat.enable = privates != { };
  networking.nat.internalInterfaces = lib.mapAttrsToList (n: _: "ve-${n}") privates;
  containers.watcher = {
    extraFlags = lib.mapAttrsToList (n: c: "--setenv=${n}=${lib.boolToString c.autoStart}:${c.timeoutStartSec}:${toString (lib.length (lib.attrNames c.bindMounts))}") config.containers;
    bindMounts = lib.concatMapAttrs (n: c: lib.mapAttrs' (p: m: lib.nameValuePair "/watch/${n}${m.mountPoint}" { hostPath = if m.hostPath == null then p else m.hostPath; }) c.bindMounts) privates;
    config = { };
  };
  services.prometheus.scrapeConfigs = [ { job_name = "guests"; static_configs = [ { targets = lib.mapAttrsToList (_: c: "${c.localAddress}:9100") privates; } ]; } ];
  assertions = [ { assertion = lib.length ports == lib.length (lib.unique ports); message = "ports twice"; } ];
  system.stateVersion = "25.05";
}
