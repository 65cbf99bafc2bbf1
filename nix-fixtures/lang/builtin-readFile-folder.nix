builtins.readFile ./files/folder
