builtins.path { path = ./files/text; name = ""; }
