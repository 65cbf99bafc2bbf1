builtins.readDir ./files/text/x
