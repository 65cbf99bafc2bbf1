# A host of NixOS as small as it can be, with these modules.
{ pkgs }:
modules:
import (pkgs.path + "/nixos/lib/eval-config.nix") {
  system = null;
  modules = modules ++ [
    {
      nixpkgs.pkgs = pkgs;
      boot.loader.grub.enable = false;
      fileSystems."/" = {
        device = "/dev/vda";
        fsType = "ext4";
      };
      system.stateVersion = pkgs.lib.trivial.release;
      # Only the options of a container are looked at.
      containers.web = {
        path = "/nix/store/00000000000000000000000000000000-web";
        privateNetwork = true;
      };
    }
  ];
}
