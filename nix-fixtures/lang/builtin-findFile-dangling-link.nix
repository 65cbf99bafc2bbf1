builtins.findFile [ { path = ./links; } ] "dangling"
