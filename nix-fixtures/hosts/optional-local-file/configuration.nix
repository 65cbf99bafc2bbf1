# Imports that depend on which files exist; a file that is there and one that is not.
{ lib, ... }:
let
  local = ./local.nix;
  private = ./private.nix;
  settings = if builtins.pathExists ./settings.json then lib.importJSON ./settings.json else { };
in
{
  imports =
    lib.optional (builtins.pathExists local) local
    ++ lib.optional (builtins.pathExists private) private
    ++ lib.optionals (settings ? extra) (map (f: ./. + "/${f}") settings.extra);
  networking.hostName = settings.hostName or "fallback";
  containers.main = {
    autoStart = settings.start or false;
    tmpfs = settings.tmpfs or [ "/tmp" ];
    config = { };
  };
  system.stateVersion = "25.05";
}
