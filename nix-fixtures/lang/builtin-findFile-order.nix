builtins.findFile [ { prefix = ""; path = ./files/folder; } { prefix = ""; path = ./files; } ] "text"
