# Guards whose condition is not known here: a branch that ends in `throw`, `abort` or `assert` is none that Nix takes.
{ config, lib, ... }:
let
  inherit (config.services) catalogue;
  a = if catalogue.foo.old then throw "too old: ${catalogue.foo.version}" else "1";
  b = if catalogue.foo.old then abort "too old" else "2";
  c = if builtins.compareVersions lib.version "23.05" < 0 then throw "too old" else "3";
  d = if builtins.compareVersions catalogue.foo.version "1" < 0 then abort "too old: ${catalogue.foo.version}" else "4";
  e = (if catalogue.foo.old then builtins.abort catalogue.foo.version else { x = "5"; }).x;
  f = if !(catalogue ? foo) then builtins.abort "x" else "6";
  g = if catalogue.foo.old then "7" else "7";
  h = if !catalogue.foo.old then "8" else throw "too new: ${catalogue.foo.version}";
  i = lib.throwIf catalogue.foo.old "too old: ${catalogue.foo.version}" "9";
  j = assert !catalogue.foo.old; "10";
in
{
  containers.t.config = { };
  containers.t.extraFlags = [ a b c d e f g h i j ];
  system.stateVersion = "25.11";
}
