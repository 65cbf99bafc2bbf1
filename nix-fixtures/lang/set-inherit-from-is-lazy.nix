builtins.attrNames { inherit (throw "a") x; }
