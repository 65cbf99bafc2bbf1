# One whose condition does not hold, and one where that is not known.
{ lib, pkgs, ... }: {
  warnings = lib.optional false "not this" ++ lib.optional pkgs.stdenv.hostPlatform.isx86_64 "nor this";
  containers.web = { config = { }; };
}
