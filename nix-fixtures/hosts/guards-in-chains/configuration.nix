# Guards in chains of `else if`, behind names, with warnings, and of packages.
{ config, lib, ... }:
let
  inherit (config.services.catalogue) foo;
  late = throw "late";
in
{
  containers.t.config = { };
  containers.t.extraFlags = [
    (if foo.old then throw "a" else if foo.older then throw "b" else "1")
    (if foo.old then "2" else if foo.older then throw "b" else "2")
    (assert lib.assertMsg (!foo.old) "bad ${foo.version}"; "3")
    (assert lib.assertOneOf "kind" foo.kind [ "a" "b" ]; "4")
    (if foo.old then lib.warn "w" (throw "x") else "5")
    (if foo.old then (x: throw "f${x}") "1" else "6")
    (if foo.old then late else "7")
    (lib.warnIf foo.old "w" "8")
  ];
  system.stateVersion = "25.11";
}
