builtins.intersectAttrs { a = throw "never"; b = 2; } { a = "right"; d = 4; }
