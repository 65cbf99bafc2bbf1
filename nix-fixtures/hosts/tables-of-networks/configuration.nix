# Networks as a table: bridges, VLANs, addresses and firewall rules of each, containers placed into them by name.
{ config, lib, ... }:
let
  networks = import ./networks.nix;
  place = name: net: host: extra: {
    ${name} = lib.recursiveUpdate {
      privateNetwork = true;
      hostBridge = networks.${net}.bridge;
      localAddress = "${networks.${net}.prefix}.${toString host}/${toString networks.${net}.length or "24"}";
      config.networking.defaultGateway = "${networks.${net}.prefix}.1";
    } extra;
  };
  merge = lib.foldl' lib.recursiveUpdate { };
in
{
  networking = {
    hostName = "switch";
    bridges = lib.mapAttrs' (_: n: lib.nameValuePair n.bridge { interfaces = n.ports or [ ]; }) networks;
    vlans = lib.concatMapAttrs (name: n: lib.optionalAttrs (n ? vlan) { "vlan-${name}" = { id = n.vlan; interface = "eno1"; }; }) networks;
    interfaces = lib.mapAttrs' (_: n: lib.nameValuePair n.bridge { ipv4.addresses = [ { address = "${n.prefix}.1"; prefixLength = n.length or 24; } ]; }) networks;
    nat = { enable = true; externalInterface = networks.wan.bridge; internalInterfaces = map (n: n.bridge) (builtins.attrValues (removeAttrs networks [ "wan" ])); };
    firewall.interfaces = builtins.mapAttrs (_: allowedTCPPorts: { inherit allowedTCPPorts; }) (lib.mapAttrs' (n: v: { name = v.bridge; value = v.open or [ ]; }) networks);
    firewall.trustedInterfaces = lib.mkBefore (lib.mapAttrsToList (_: n: n.bridge) (lib.filterAttrs (_: n: n.trusted or false) networks));
  };
  containers = merge [ (place "dhcp" "lan" 2 { autoStart = true; }) (place "cam" "iot" 2 { extraVeths.ctl = { hostBridge = networks.lan.bridge; localAddress = "10.1.0.3/24"; }; }) (place "cam" "iot" 3 { ephemeral = true; }) ];
  system.stateVersion = "24.11";
}
