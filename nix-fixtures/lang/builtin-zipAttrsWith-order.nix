builtins.zipAttrsWith (n: vs: { inherit n vs; }) [ { b = 1; a = 2; } { a = 3; c = 4; } { a = 5; } ]
