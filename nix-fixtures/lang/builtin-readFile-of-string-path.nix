builtins.readFile (toString ./files/text)
