builtins.getContext (builtins.path { path = ./files/text; name = "n"; }) != { }
