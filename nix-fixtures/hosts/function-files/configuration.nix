# Files that are functions and return a container, called with arguments and by `callPackage`-like helpers.
{ config, lib, pkgs, ... }:
let
  base = import ./lib/base.nix { inherit lib; };
  call = file: args: import file ({ inherit lib base; hostName = config.networking.hostName; } // args);
in
{
  networking.hostName = "caller";
  containers = {
    dns = call ./dns.nix { upstream = [ "1.1.1.1" "9.9.9.9" ]; };
    dns2 = call ./dns.nix { upstream = [ ]; octet = 12; };
    torrent = call ./torrent.nix { };
  }
  // import ./more.nix { inherit base; count = 2; };
  networking.firewall = import ./firewall.nix;
  system.stateVersion = "23.11";
}
