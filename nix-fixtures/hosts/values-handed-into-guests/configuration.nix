# What NixOS itself hands into guests, merged with what they say: addresses of their link, their name, their kind.
{ config, lib, ... }:
let
  guest = name: config.containers.${name}.config;
  addresses = name: family: builtins.toJSON (guest name).networking.interfaces.eth0.${family}.addresses;
in
{
  nixpkgs.hostPlatform = "x86_64-linux";
  containers.db = {
    privateNetwork = true;
    hostAddress = "10.1.0.1";
    localAddress = "10.1.0.2";
    config = { };
  };
  containers.bridged = {
    privateNetwork = true;
    hostBridge = "br0";
    localAddress = "10.2.0.5/24";
    localAddress6 = "2001:DB8::5/64";
    config.networking.hostName = "named";
    config.networking.interfaces.eth0.ipv4.addresses = [ { address = "10.2.0.6"; prefixLength = 24; } ];
  };
  containers.six = { privateNetwork = true; hostAddress6 = "fd00::1"; localAddress6 = "fd00::2"; config = { }; };
  containers.shared = { config.networking.useDHCP = lib.mkForce true; };
  containers.reader = {
    config = { };
    extraFlags = [
      (addresses "db" "ipv4")
      (addresses "bridged" "ipv4")
      (addresses "bridged" "ipv6")
      (addresses "six" "ipv6")
      (guest "db").networking.hostName
      (guest "bridged").networking.hostName
      (lib.boolToString (guest "db").networking.useDHCP)
      (lib.boolToString (guest "shared").networking.useDHCP)
      (lib.boolToString (guest "db").boot.isNspawnContainer)
      (lib.boolToString (guest "db").boot.isContainer)
      (guest "db").nixpkgs.hostPlatform.system
    ];
  };
  system.stateVersion = "25.11";
}
