builtins.readFileType "files"
