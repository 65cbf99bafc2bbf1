# Host variables come from a JSON file: numbers, lists and nested sets of it decide containers and ports.
{ lib, ... }:
let
  vars = builtins.fromJSON (builtins.readFile ./vars.json);
  mounts = lib.listToAttrs (map (m: lib.nameValuePair m.to { hostPath = m.from; isReadOnly = m.ro or true; }) vars.mounts);
in
{
  networking.hostName = vars.host.name;
  networking.nat = {
    enable = vars.nat != null;
    externalInterface = vars.nat.interface;
    internalIPs = vars.nat.ranges;
  };
  networking.firewall.allowedTCPPorts = vars.ports.tcp;
  networking.firewall.allowedUDPPortRanges = vars.ports.ranges;

  containers = lib.mapAttrs (name: c: {
    autoStart = c.enabled;
    privateNetwork = true;
    inherit (c) hostAddress localAddress;
    bindMounts = lib.optionalAttrs (c.shared or false) mounts;
    privateUsers = c.users or "no";
    forwardPorts = map (p: { hostPort = p; }) (c.ports or [ ]);
    config = { system.stateVersion = vars.stateVersion; };
  }) vars.containers;

  system.stateVersion = vars.stateVersion;
}
