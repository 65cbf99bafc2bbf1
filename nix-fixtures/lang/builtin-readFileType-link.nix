builtins.readFileType ./links/to-folder
