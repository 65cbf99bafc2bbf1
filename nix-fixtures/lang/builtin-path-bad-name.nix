builtins.path { path = ./files/text; name = "a b"; }
