builtins.findFile [ { prefix = "a"; path = ./files; } ] "a"
