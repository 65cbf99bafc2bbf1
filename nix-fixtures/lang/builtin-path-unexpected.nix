builtins.path { path = ./files; what = 1; }
