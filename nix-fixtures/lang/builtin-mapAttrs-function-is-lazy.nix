builtins.attrNames (builtins.mapAttrs (throw "never") { a = 1; })
