({ a }@s: (builtins.unsafeGetAttrPos "a" s).line) { a = 1; }
