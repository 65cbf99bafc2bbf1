builtins.path { path = ./files/text; name = 1; }
