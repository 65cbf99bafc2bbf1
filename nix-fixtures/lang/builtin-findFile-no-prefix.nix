builtins.findFile [ { prefix = ""; path = ./files; } ] "text"
