builtins.attrNames (builtins.zipAttrsWith (throw "f") [ { a = 1; } ])
