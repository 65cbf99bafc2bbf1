# Inventory in JSON with a block of defaults, merged per host; sites filtered by the host's own name.
{ config, lib, ... }:
let
  inventory = lib.importJSON ./inventory.json;
  mine = lib.filter (c: lib.elem config.networking.hostName c.hosts) (map (c: inventory.defaults // c) inventory.containers);
  toContainer = c: lib.nameValuePair c.name {
    autoStart = c.start;
    privateNetwork = c ? address;
    hostAddress = if c ? address then inventory.gateway else null;
    localAddress = c.address or null;
    forwardPorts = lib.mapAttrsToList (from: to: { hostPort = lib.toInt from; containerPort = to; }) (c.ports or { });
    bindMounts = lib.listToAttrs (map (m: { name = m.to or m.from; value = { hostPath = m.from; isReadOnly = m.ro or true; }; }) (c.mounts or [ ]));
    config = { };
  };
in
{
  networking.hostName = "alder";
  containers = lib.listToAttrs (map toContainer mine);
  networking.firewall.allowedTCPPorts = lib.unique (lib.concatMap (c: map lib.toInt (lib.attrNames (c.ports or { }))) mine);
  system = { inherit (inventory) stateVersion; };
}
