builtins.path { path = ./files; filter = path: type: type == "regular" && baseNameOf path != "text"; name = "filtered"; }
