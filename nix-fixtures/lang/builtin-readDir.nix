builtins.readDir ./files/folder
