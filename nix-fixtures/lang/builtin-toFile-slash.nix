builtins.toFile "a/b" ""
