{ config, my, pkgs, flakeSelf, ... }:
{
  imports = [ ./secrets.nix ];
  networking.hostName = "box";
  containers.app = {
    autoStart = true;
    privateNetwork = true;
    inherit (my.net.pairOf 3) hostAddress localAddress;
    localAddress6 = my.net.ula "app";
    bindMounts = my.mount "/var/lib/app" { } // my.mount "/etc/app" { isReadOnly = true; } // {
      "/run/token".hostPath = config.sops.secrets.token.path;
    };
    extraFlags = [
      "--setenv=CPU=${pkgs.stdenv.hostPlatform.system}"
      "--setenv=HOSTS=${toString (builtins.attrNames flakeSelf.nixosConfigurations)}"
      "--bind-ro=${pkgs.mine or pkgs.hello}:/mine"
    ];
    config = { };
  };
  system.stateVersion = "25.05";
}
