let k = "a"; s = { ${k} = 1; }; in (builtins.unsafeGetAttrPos "a" s).column
