# IPv6 throughout: ULAs from a prefix function, NAT66, forwards in brackets, bridges with both families, zone in flags.
{ lib, ... }:
let
  ula = "fd12:3456:789a";
  addr = net: host: "${ula}:${lib.toLower (lib.toHexString net)}::${lib.toLower (lib.toHexString host)}";
  nets = { front = 1; back = 172; };
  names = { www = { net = "front"; host = 80; }; db = { net = "back"; host = 5432; }; cache = { net = "back"; host = 6379; bridged = true; }; };
in
{
  networking = {
    hostName = "six";
    enableIPv6 = true;
    nat = {
      enable = true;
      enableIPv6 = true;
      internalIPv6s = lib.mapAttrsToList (_: n: "${addr n 0}/64") nets;
      externalInterface = "he-ipv6";
      externalIPv6 = "2001:db8:1::1";
      forwardPorts = lib.mapAttrsToList (_: c: { sourcePort = c.host; destination = "[${addr nets.${c.net} c.host}]:${toString c.host}"; }) (lib.filterAttrs (_: c: !(c.bridged or false)) names);
    };
  };
  containers = lib.mapAttrs (_: c: {
    privateNetwork = true;
    localAddress6 = addr nets.${c.net} c.host + lib.optionalString (c.bridged or false) "/64";
    hostAddress6 = lib.mkIf (!(c.bridged or false)) (addr nets.${c.net} 1);
    hostBridge = if c.bridged or false then "br-${c.net}" else null;
    config = { networking.enableIPv6 = true; };
  }) names;
  system.stateVersion = "25.05";
}
