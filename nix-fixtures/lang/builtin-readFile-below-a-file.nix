builtins.readFile ./files/text/x
