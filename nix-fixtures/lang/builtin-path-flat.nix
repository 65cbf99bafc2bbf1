builtins.path { path = ./files/text; recursive = false; }
