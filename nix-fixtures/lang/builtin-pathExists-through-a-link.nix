map builtins.pathExists [ ./links/to-folder ./links/to-folder/default.nix ./links/to-folder/none (toString ./links/to-folder + "/") ]
