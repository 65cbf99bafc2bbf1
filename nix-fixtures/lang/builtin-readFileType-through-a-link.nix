builtins.readFileType ./links/to-folder/default.nix
