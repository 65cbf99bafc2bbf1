# An old configuration: `pkgs.lib`, `let … in rec`, string coercion, `<nixpkgs>`, URL literals, no arguments but a set.
let
  nixpkgs = <nixpkgs>;
  lib = import (nixpkgs + "/lib");
  mirror = http://mirror.example.org/nixos;
  mk = import ./mk.nix;
in
{ config, pkgs, ... }:
with pkgs.lib;
rec {
  networking.hostName = "veteran";
  networking.firewall.enable = true;
  networking.firewall.allowedTCPPorts = [ 22 ] ++ (if (config.networking.firewall.enable) then [ 80 ] else [ ]);
  containers.web = mk 1 // { autoStart = true; };
  containers.db = mk 2;
  networking.extraHosts = ''
    10.60.1.2 web ${mirror}
    10.60.2.2 db
  '';
  networking.nat.internalIPs = builtins.map (n: "10.60." + (builtins.toString n) + ".0/24") [ 1 2 ];
  boot.initrd.kernelModules = concatLists [ [ "a" ] [ "b" ] ];
  system.stateVersion = "18.09";
}
