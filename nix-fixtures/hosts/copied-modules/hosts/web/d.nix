{ lib, ... }:
{
  containers.d = {
    config = { };
    tmpfs = lib.optional (builtins.pathExists ./d.nix) "/tmp";
    extraFlags = [ "--hostname=${baseNameOf (toString ./.)}" ];
  };
}
