# Guards that are functions, folds, defaults of `or`, and `seq`: none of them fires where that is not known.
{ config, lib, ... }:
let
  inherit (config.services.catalogue) foo;
  guard = condition: message: value: if condition then throw message else value;
in
{
  containers.t.config = { };
  containers.t.extraFlags = [
    (guard foo.old "bad" "1")
    (lib.throwIf (foo.kind == "z") "bad" "2")
    (lib.foldl' (acc: bad: if bad then throw "no" else acc) "3" [ foo.old foo.older ])
    (lib.seq (if foo.old then throw "x" else null) "4")
    (builtins.deepSeq [ (if foo.old then throw "x" else null) ] "5")
    (lib.pipe "6" [ (x: if foo.old then throw x else x) ])
    (lib.throwIfNot (!foo.old) "bad" "7")
    (lib.throwIf foo.old "bad" (lib.throwIf foo.older "worse" "8"))
  ];
  system.stateVersion = "25.11";
}
