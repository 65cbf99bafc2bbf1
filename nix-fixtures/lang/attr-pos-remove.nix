(builtins.unsafeGetAttrPos "a" (removeAttrs { a = 1; b = 2; } [ "b" ])).column
