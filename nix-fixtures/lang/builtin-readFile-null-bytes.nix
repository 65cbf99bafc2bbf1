builtins.readFile ./files/null-bytes
