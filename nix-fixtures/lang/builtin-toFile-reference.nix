builtins.toFile "name" "${builtins.toFile "inner" "x"}"
