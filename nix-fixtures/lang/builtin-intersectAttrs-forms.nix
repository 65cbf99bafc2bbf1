[ (builtins.intersectAttrs { } { a = 1; }) (builtins.intersectAttrs { a = throw "x"; c = 1; } { a = 1; b = 2; c = 3; }) ]
