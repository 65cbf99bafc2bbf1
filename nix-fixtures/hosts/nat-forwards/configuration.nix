# All of `networking.nat`: single ports, ranges, IPv6, loopback addresses, a DMZ host; forwards come from three places.
{ config, lib, ... }:
let
  c = config.containers;
  forward = proto: port: address: {
    sourcePort = port;
    inherit proto;
    destination = "${address}:${toString port}";
    loopbackIPs = [ config.networking.nat.externalIP ];
  };
in
{
  imports = [
    {
      networking.nat.forwardPorts = lib.mkBefore [
        { sourcePort = "6000:6010"; destination = "10.2.0.2:6000-6010"; proto = "udp"; }
      ];
    }
  ];
  networking = {
    hostName = "edge";
    enableIPv6 = true;
    nftables.enable = true;
    nat = {
      enable = true;
      enableIPv6 = true;
      externalInterface = "ppp0";
      externalIP = "198.51.100.4";
      externalIPv6 = "2001:db8::4";
      internalInterfaces = [ "ve-mail" "ve-game" "br0" ];
      internalIPs = [ "10.2.0.0/24" ];
      internalIPv6s = [ "fd02::/64" ];
      dmzHost = c.game.localAddress;
      forwardPorts =
        map (port: forward "tcp" port c.mail.localAddress) [ 25 465 993 ]
        ++ [
          { sourcePort = 27015; destination = "${c.game.localAddress}:27015"; proto = "udp"; }
          { sourcePort = 25; destination = "[${c.mail.localAddress6}]:25"; }
        ];
    };
    firewall = {
      filterForward = true;
      checkReversePath = "strict";
      allowedUDPPortRanges = [
        { from = 6000; to = 6010; }
        { from = 27000; to = 27100; }
      ];
    };
  };
  containers.mail = {
    privateNetwork = true;
    hostAddress = "10.2.0.1";
    localAddress = "10.2.0.2";
    hostAddress6 = "fd02::1";
    localAddress6 = "fd02::2";
    config = { };
  };
  containers.game = {
    privateNetwork = true;
    hostAddress = "10.2.0.1";
    localAddress = "10.2.0.3";
    config = { };
  };
  system.stateVersion = "25.05";
}
