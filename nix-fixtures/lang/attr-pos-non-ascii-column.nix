let s = { "é" = 1; x = 2; }; in (builtins.unsafeGetAttrPos "x" s).column
