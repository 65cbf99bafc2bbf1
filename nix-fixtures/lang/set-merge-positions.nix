let s = { a.x = 1; a = { y = 2; }; }; in map (n: builtins.unsafeGetAttrPos n s.a) [ "x" "y" ]
