builtins.readFile ./files/nothing
