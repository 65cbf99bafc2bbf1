builtins.toJSON { "a\"b" = 1; "é" = 2; "\n" = 3; }
