# Mounts of `config.age.secrets.X.path`: only these values are unknown, their neighbours are not.
{ config, inputs, ... }:
let
  inherit (config.age) secrets;
in
{
  imports = [ inputs.agenix.nixosModules.default ];
  networking.hostName = "vault";

  age.secrets.wg-key.file = ./secrets/wg-key.age;
  age.secrets.db-password = {
    file = ./secrets/db-password.age;
    owner = "postgres";
    mode = "0440";
  };
  age.secrets.fixed = {
    file = ./secrets/fixed.age;
    path = "/etc/fixed.key";
  };

  containers.tunnel = {
    autoStart = true;
    enableTun = true;
    privateNetwork = true;
    hostAddress = "10.70.0.1";
    localAddress = "10.70.0.2";
    bindMounts."/etc/wireguard/key".hostPath = config.age.secrets.wg-key.path;
    bindMounts.${secrets.db-password.path} = { };
    bindMounts."/fixed".hostPath = config.age.secrets.fixed.path;
    bindMounts."/data" = {
      hostPath = "/srv/tunnel";
      isReadOnly = false;
    };
    extraFlags = [
      "--load-credential=wg:${config.age.secrets.wg-key.path}"
      "--setenv=OWNER=${secrets.db-password.owner}"
      "--quiet"
    ];
    config = { system.stateVersion = "25.05"; };
  };
  containers.plain = {
    config = { };
    bindMounts."/x".hostPath = "/x";
  };
  networking.firewall.allowedUDPPorts = [ 51820 ];
  system.stateVersion = "25.05";
}
