# What a filter leaves out of a copy is not there: `filterSource`, `builtins.path` with a filter, file sets.
{ lib, ... }:
let
  nix = builtins.filterSource (path: type: type == "directory" || lib.hasSuffix ".nix" path) ./sites;
  only = builtins.path {
    name = "only-a";
    path = ./sites;
    filter = path: _: builtins.match ".*/sites/a(/.*)?" path != null;
  };
  nested = builtins.path { path = "${only}/a"; name = "a"; };
  names = dir: builtins.attrNames (builtins.readDir dir);
in
{
  imports = map (name: "${nix}/${name}/site.nix") (names nix);
  containers.seen = {
    config = { };
    extraFlags = [
      "--all=${toString (names ./sites)}"
      "--nix=${toString (names nix)}"
      "--a=${toString (names "${nix}/a")}"
      "--only=${toString (names only)}"
      "--nested=${toString (names nested)}"
      "--notes=${lib.boolToString (builtins.pathExists "${nix}/a/notes.txt")}"
      "--b=${lib.boolToString (builtins.pathExists (only + "/b"))}"
      "--text=${lib.removeSuffix "\n" (builtins.readFile "${nested}/notes.txt")}"
      "--kind=${builtins.readFileType "${only}/a"}"
    ];
  };
}
