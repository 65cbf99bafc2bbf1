# What the file itself sets of links: addresses under conditions, bridges, VLANs, WireGuard, ports of SSH.
{ config, lib, options, ... }:
let
  inherit (config.networking) interfaces;
in
{
  networking.interfaces.br0.ipv4.addresses = lib.mkMerge [
    [ { address = "10.5.0.1"; prefixLength = 16; } ]
    (lib.mkIf false [ { address = "10.6.0.1"; prefixLength = 16; } ])
  ];
  networking.interfaces.br0.ipv6.addresses = [ { address = "fd00::1"; prefixLength = 64; } ];
  networking.bridges.br0.interfaces = [ "eth0" ];
  networking.vlans.v10 = { id = 10; interface = "eth0"; };
  networking.wireguard.interfaces.wg0 = { ips = [ "10.9.0.1/24" ]; listenPort = 51820; };
  services.openssh.ports = lib.mkForce [ 2022 ];
  containers.t = {
    privateNetwork = true;
    hostBridge = "br0";
    localAddress = "10.5.0.2/${toString (lib.head interfaces.br0.ipv4.addresses).prefixLength}";
    config = { };
    extraFlags = [
      (toString config.networking.bridges.br0.interfaces)
      (toString config.networking.vlans.v10.id)
      (toString config.networking.wireguard.interfaces.wg0.listenPort)
      (toString config.networking.wireguard.interfaces.wg0.ips)
      (toString (map (a: a.address) interfaces.br0.ipv6.addresses))
      (toString config.services.openssh.ports)
      (lib.boolToString (options ? containers))
    ];
  };
  system.stateVersion = "25.11";
}
