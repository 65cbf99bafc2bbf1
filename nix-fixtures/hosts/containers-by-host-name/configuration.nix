# One file for several machines: what there is depends on the host's own name and platform; `optionalAttrs`, `mkIf`, `if`.
{ config, lib, pkgs, ... }:
let
  here = config.networking.hostName;
  on = hosts: lib.mkIf (lib.elem here hosts);
  only = hosts: lib.optionalAttrs (builtins.elem "rack-2" hosts);
in
{
  networking.hostName = "rack-${toString (1 + 1)}";
  nixpkgs.hostPlatform = "aarch64-linux";
  containers = lib.mkMerge [
    { common = { autoStart = true; config = { }; extraFlags = [ "--setenv=ON=${here}" ]; }; }
    (only [ "rack-1" ] { first = { config = { }; }; })
    (only [ "rack-2" "rack-3" ] { second = { config = { }; ephemeral = pkgs.stdenv.hostPlatform.isAarch64; }; })
    { third = on [ "rack-2" ] { config = { }; timeoutStartSec = if pkgs.stdenv.isLinux then "2min" else "never"; }; }
    { fourth = on [ "rack-9" ] { config = { }; }; }
  ];
  networking.nat.externalInterface = { rack-1 = "eth0"; rack-2 = "end0"; }.${here} or "none";
  networking.firewall.enable = here != "rack-1" -> true;
  system.stateVersion = if lib.hasInfix "2" here then "24.05" else "23.11";
}
