# A host file of a flake that is evaluated without it: `self`, `inputs`, `hostname` and a registry of hosts are missing.
{ config, lib, pkgs, inputs, hostname, registry, ... }:
let
  me = registry.${hostname};
in
{
  imports = [ ../common/users.nix ../common/net.nix inputs.sops-nix.nixosModules.sops ];
  networking.hostName = hostname;
  containers.agent = {
    autoStart = true;
    privateNetwork = true;
    hostAddress = me.gateway;
    localAddress = "10.210.0.2";
    bindMounts."/state" = { hostPath = "/var/lib/agent"; isReadOnly = false; };
    bindMounts."/token".hostPath = config.sops.secrets.token.path;
    extraFlags = [ "--setenv=SITE=${me.site}" "--setenv=FIXED=1" ];
    config = { };
  };
  sops.secrets.token = { };
  system.stateVersion = "25.05";
}
