# `with import ./secrets.nix;` and `let inherit (import ./vars.nix) …`: plain files as sources of values.
{ config, pkgs, ... }:
with import ./secrets.nix;
let
  inherit (import ./vars.nix) lan hosts mkMount;
  shadow = "let goes before with";
in
{
  networking.hostName = "shared";
  networking.hosts = hosts;
  containers.cloud = {
    autoStart = true;
    privateNetwork = true;
    hostAddress = lan.gateway;
    localAddress = lan.base + "20";
    bindMounts = mkMount "/var/lib/cloud" // mkMount "/var/lib/db";
    extraFlags = [ "--setenv=ADMIN=${adminName}" "--setenv=SHADOW=${shadow}" "--setenv=PW_LEN=${toString (builtins.stringLength adminPassword)}" ];
    config = { };
  };
  networking.wireguard.interfaces.wg0 = {
    privateKeyFile = wireguard.keyFile;
    listenPort = wireguard.port;
  };
  networking.firewall.allowedUDPPorts = [ wireguard.port ];
  system.stateVersion = "24.05";
}
