builtins.findFile [ { prefix = "p"; path = ./files; } ] "p/nothing"
