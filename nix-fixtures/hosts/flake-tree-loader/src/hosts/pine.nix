{ config, tree, ... }:
{
  nixpkgs.hostPlatform = "aarch64-linux";
  containers.loaded = { autoStart = true; extraFlags = tree.data.flags ++ [ "--setenv=SYSTEM=${config.nixpkgs.hostPlatform.system}" ]; config = { }; };
  system.stateVersion = "25.05";
}
