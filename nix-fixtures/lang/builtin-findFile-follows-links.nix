builtins.findFile [ { path = ./links; } ] "to-folder/default.nix"
