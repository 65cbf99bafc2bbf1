let p = builtins.unsafeGetAttrPos "a" { a = 1; }; in builtins.attrNames p
