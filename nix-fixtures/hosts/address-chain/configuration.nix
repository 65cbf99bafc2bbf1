# Containers that read each other: the next takes its address from the one before; totals read all of them.
{ config, lib, ... }:
let
  c = config.containers;
  lastOctet = address: lib.toInt (lib.last (lib.splitString "." address));
  after = address: let parts = lib.splitString "." address; in lib.concatStringsSep "." (lib.init parts ++ [ (toString (lastOctet address + 1)) ]);
  all = lib.attrValues c;
in
{
  networking.hostName = "chain";
  containers.first = {
    autoStart = true;
    privateNetwork = true;
    hostAddress = "10.21.0.1";
    localAddress = "10.21.0.2";
    config = { };
  };
  containers.second = {
    inherit (c.first) autoStart privateNetwork hostAddress;
    localAddress = after c.first.localAddress;
    config = { };
  };
  containers.third = {
    inherit (c.second) autoStart privateNetwork hostAddress;
    localAddress = after c.second.localAddress;
    bindMounts = c.collector.bindMounts;
    config = { };
  };
  containers.collector = {
    bindMounts."/all".hostPath = "/srv/${toString (lib.length (lib.attrNames c))}";
    extraFlags = lib.mapAttrsToList (name: x: "--setenv=${lib.toUpper name}=${toString x.localAddress}") (lib.filterAttrs (_: x: x.privateNetwork) c);
    restartIfChanged = lib.any (x: x.ephemeral) (lib.attrValues (lib.removeAttrs c [ "collector" ]));
    config = { };
  };
  networking.hosts = lib.mapAttrs' (name: x: lib.nameValuePair x.localAddress [ "${name}.chain" ]) (lib.filterAttrs (_: x: x.localAddress != null) c);
  networking.nat.internalIPs = map (x: "${x.localAddress}/32") (lib.filter (x: x.localAddress != null) all);
  system.stateVersion = "25.05";
}
