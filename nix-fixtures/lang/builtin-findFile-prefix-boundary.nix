builtins.findFile [ { prefix = "a"; path = ./files; } ] "ab/text"
