builtins.findFile [ { prefix = "a"; path = ./files; } { prefix = ""; path = ./files; } ] "text"
