# `modulesPath`, `<nixpkgs/…>` and `<home-manager/nixos>` imports say nothing about containers and are passed over.
{ config, lib, pkgs, modulesPath, ... }:
{
  imports = [
    "${modulesPath}/installer/scan/not-detected.nix"
    (modulesPath + "/virtualisation/proxmox-lxc.nix")
    <home-manager/nixos>
    ./disks.nix
  ];
  disabledModules = [ "services/networking/dnsmasq.nix" ];

  home-manager.users.eve = { pkgs, ... }: {
    home.packages = [ pkgs.fd ];
    programs.git.enable = true;
    home.stateVersion = "24.05";
  };

  nixpkgs.hostPlatform = "aarch64-linux";
  networking.hostName = "passed-over";
  containers.one = {
    autoStart = config.nixpkgs.hostPlatform.system == "aarch64-linux";
    extraFlags = lib.optional pkgs.stdenv.hostPlatform.isAarch64 "--arm";
    config = { };
  };
  networking.firewall.allowedTCPPorts = [ 22 ];
  system.stateVersion = "24.05";
}
