# Secrets of sops-nix: paths, templates and placeholders are unknown, also inside longer strings and in a guest's specialArgs.
{
  config,
  lib,
  inputs,
  ...
}:
let
  secret = name: config.sops.secrets."containers/${name}".path;
  mount = name: lib.nameValuePair "/run/keys/${name}" { hostPath = secret name; };
in
{
  imports = [ inputs.sops-nix.nixosModules.sops ];

  sops = {
    defaultSopsFile = ./secrets.yaml;
    age.sshKeyPaths = [ "/etc/ssh/ssh_host_ed25519_key" ];
    secrets = lib.genAttrs [ "containers/db" "containers/api" "borg" ] (_: { mode = "0400"; });
    templates."api.env".content = ''
      TOKEN=${config.sops.placeholder."containers/api"}
    '';
  };

  networking.hostName = "strongbox";
  containers.api = {
    autoStart = true;
    privateNetwork = true;
    hostAddress = "10.81.0.1";
    localAddress = "10.81.0.2";
    specialArgs.environment = config.sops.templates."api.env".path;
    bindMounts = builtins.listToAttrs (map mount [ "db" "api" ]) // {
      "/etc/api.env" = {
        hostPath = config.sops.templates."api.env".path;
        isReadOnly = true;
      };
      "/var/lib/api".hostPath = "/srv/api";
    };
    extraFlags = [
      "--bind-ro=${secret "db"}:/db.key"
      "--setenv=PORT=8080"
    ];
    config = { environment, ... }: { system.stateVersion = "25.05"; };
  };
  systemd.services.borg.serviceConfig.EnvironmentFile = config.sops.secrets.borg.path;
  networking.firewall.enable = false;
  system.stateVersion = "25.05";
}
