builtins.attrNames (builtins.zipAttrsWith (n: throw "never") [ { a = throw "a"; } { b = 1; } ])
