let a = 1; p = builtins.unsafeGetAttrPos "a" { inherit a; }; in p.column
