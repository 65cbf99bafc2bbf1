builtins.filterSource null (builtins.toFile "name" "content")
