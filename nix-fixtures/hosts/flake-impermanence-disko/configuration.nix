{ config, lib, pkgs, inputs, ... }:
{
  imports = [ inputs.simple-nixos-mailserver.nixosModules.default ];
  home-manager.useGlobalPkgs = true;
  home-manager.users.me = { programs.git.enable = true; home.stateVersion = "25.05"; };
  environment.persistence."/persist" = { hideMounts = true; directories = [ "/var/log" "/var/lib/nixos-containers" ]; };
  boot.lanzaboote.enable = true;
  boot.loader.systemd-boot.enable = lib.mkForce false;
  mailserver = { enable = true; fqdn = "mail.example.org"; domains = [ "example.org" ]; };
  networking.hostName = "desk";
  containers.dev = {
    ephemeral = true;
    bindMounts = lib.genAttrs (map (d: "/home/me/${d}") [ "src" "go" ]) (p: { hostPath = p; isReadOnly = lib.hasSuffix "go" p; })
      // { "/persist".hostPath = lib.head (lib.attrNames config.environment.persistence); };
    extraFlags = [ "--setenv=FQDN=${config.mailserver.fqdn}" ];
    config = { };
  };
  system.stateVersion = "25.05";
}
