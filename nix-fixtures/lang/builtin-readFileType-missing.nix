builtins.readFileType ./files/nothing
