# Text of a built file (`readFile` of a derivation) decides values; text of a file that is here does not vary.
{ pkgs, lib, ... }:
let
  built = pkgs.runCommand "version" { } "echo 1.2.3 > $out";
  version = lib.trim (builtins.readFile built);
  here = lib.trim (builtins.readFile ./VERSION);
in
{
  networking.hostName = "built";
  containers.app = {
    extraFlags = [ "--setenv=BUILT=${version}" "--setenv=HERE=${here}" ];
    autoStart = lib.versionAtLeast here "2.0";
    tmpfs = lib.imap0 (i: p: "/${toString i}${p}") (lib.splitString "." here);
    config = { };
  };
  containers.${"v" + lib.replaceStrings [ "." ] [ "-" ] here} = { config = { }; };
  system.stateVersion = "25.05";
}
