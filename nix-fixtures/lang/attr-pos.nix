let s = { a = 1; bc = { d = 2; }; }; p = builtins.unsafeGetAttrPos "bc" s; in [ p.line p.column ]
