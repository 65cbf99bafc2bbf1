builtins.path { path = ./files/text; }
