{ config, lib, ... }:
let
  port = 51871;
in
{
  networking.wireguard.interfaces.wg0 = { ips = [ "10.200.0.1/24" ]; listenPort = port; privateKeyFile = "/var/keys/wg0"; };
  networking.firewall.allowedUDPPorts = [ port config.networking.wireguard.interfaces.wg0.listenPort ];
  networking.firewall.interfaces.wg0.allowedTCPPortRanges = [ { from = 3000; to = 3999; } ];
  networking.firewall.trustedInterfaces = [ "wg0" ];
}
