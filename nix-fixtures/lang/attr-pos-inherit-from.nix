let p = builtins.unsafeGetAttrPos "a" { x = 1; inherit ({ a = 1; }) a; }; in p.column
