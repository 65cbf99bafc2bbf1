builtins.attrNames { inherit (throw "x") a b c; }
