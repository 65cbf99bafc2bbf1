# A table of VLANs makes bridges, per-interface ports, NAT ranges and containers; lookups with `findFirst`, `groupBy`, `partition`.
{ lib, ... }:
let
  vlans = [
    { id = 10; name = "mgmt"; trusted = true; }
    { id = 20; name = "srv"; ports = [ 53 123 ]; }
    { id = 30; name = "iot"; ports = [ 53 ]; nat = true; }
    { id = 40; name = "guest"; nat = true; }
  ];
  guests = {
    unifi = { vlan = "mgmt"; host = 5; };
    dns = { vlan = "srv"; host = 53; auto = true; };
    mqtt = { vlan = "iot"; host = 7; auto = true; };
    zigbee = { vlan = "iot"; host = 8; };
    portal = { vlan = "guest"; host = 9; };
  };
  vlanOf = name: lib.findFirst (v: v.name == name) (throw "no VLAN ${name}") vlans;
  split = lib.partition (v: v.nat or false) vlans;
  byVlan = lib.groupBy (name: guests.${name}.vlan) (lib.attrNames guests);
  bridge = v: "br${toString v.id}";
in
{
  networking.hostName = "vlans";
  networking.bridges = lib.listToAttrs (map (v: lib.nameValuePair (bridge v) { interfaces = [ "lan.${toString v.id}" ]; }) vlans);
  networking.nat = {
    enable = split.right != [ ];
    externalInterface = "wan";
    internalIPs = map (v: "10.0.${toString v.id}.0/24") split.right;
    internalInterfaces = map bridge split.wrong;
  };
  networking.firewall.trustedInterfaces = map bridge (lib.filter (v: v.trusted or false) vlans);
  networking.firewall.interfaces = lib.listToAttrs (
    lib.concatMap (v: lib.optional (v ? ports) (lib.nameValuePair (bridge v) { allowedUDPPorts = lib.sort (a: b: a > b) v.ports; })) vlans
  );
  containers = lib.mapAttrs (name: g: let v = vlanOf g.vlan; in {
    autoStart = g.auto or false;
    privateNetwork = true;
    hostBridge = bridge v;
    localAddress = "10.0.${toString v.id}.${toString g.host}/24";
    localAddress6 = "fd00:${toString v.id}::${toString g.host}/64";
    extraFlags = [ "--setenv=NEIGHBOURS=${lib.concatStringsSep "," (lib.subtractLists [ name ] byVlan.${g.vlan})}" ];
    config = { };
  }) guests;
  system.stateVersion = "25.05";
}
