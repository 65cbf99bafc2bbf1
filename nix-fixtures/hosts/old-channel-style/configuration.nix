# `<nixpkgs>` everywhere: `import <nixpkgs/lib>`, `import <nixpkgs> { }`, `with import …`, `<nixpkgs/nixos/modules/…>`.
{ config, ... }:
let
  lib = import <nixpkgs/lib>;
  pkgs = import <nixpkgs> { };
  unstable = import (builtins.fetchTarball "https://example.org/nixos-unstable.tar.gz") { config = config.nixpkgs.config; };
in
{
  imports = [ <home-manager/nixos> ./hardware-configuration.nix ];
  networking.hostName = "channel";
  containers.legacy = {
    autoStart = lib.mkDefault true;
    privateNetwork = with lib; any (x: x == 2) [ 1 2 ];
    bindMounts = with import <nixpkgs/lib>; genAttrs [ "/a" "/b" ] (hostPath: { inherit hostPath; });
    extraFlags = [ "--setenv=N=${toString (lib.foldl' (a: b: a + b) 0 [ 1 2 3 ])}" ] ++ (with pkgs.lib; optional (hasPrefix "a" "abc") "--x");
    config = { environment.systemPackages = [ unstable.hello pkgs.hello ]; };
  };
  networking.firewall.allowedTCPPorts = [ 22 ];
  system.stateVersion = "20.09";
}
