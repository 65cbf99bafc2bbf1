builtins.toFile "name.txt" "content\n"
