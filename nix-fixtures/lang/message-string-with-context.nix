1 - (builtins.toFile "name" "content")
