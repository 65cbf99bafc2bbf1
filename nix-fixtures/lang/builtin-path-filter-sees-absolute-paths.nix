builtins.path { path = ./files/folder; name = "n"; filter = p: t: builtins.substring 0 1 p == "/"; }
