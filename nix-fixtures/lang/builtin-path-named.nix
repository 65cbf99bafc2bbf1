builtins.path { path = ./files; name = "other"; }
