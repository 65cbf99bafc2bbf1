builtins.readFile ./files/text
