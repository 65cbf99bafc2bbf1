let
  s = { a = 1;
    b.c = 2; inherit (s) d; ${"e" + ""} = 3; "f g" = 4; } // { h = 5; };
in map (n: let p = builtins.unsafeGetAttrPos n s; in if p == null then null else [ p.line p.column ]) [ "a" "b" "d" "e" "f g" "h" "nope" ]
