builtins.readDir ./links/to-folder
