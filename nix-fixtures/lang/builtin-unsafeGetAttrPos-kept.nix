map (s: (builtins.unsafeGetAttrPos "a" s).column) [ (removeAttrs { a = 1; b = 2; } [ "b" ]) (builtins.intersectAttrs { a = 1; } { a = 2; }) ({ a = 1; } // { b = 2; }) (rec { a = 1; }) ]
