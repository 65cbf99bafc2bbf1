{ lib, ... }:
{
  networking.hostName = lib.mkDefault "base";
  containers.shared = { autoStart = lib.mkDefault false; config = { }; tmpfs = [ "/base" ]; };
  system.stateVersion = "25.05";
}
