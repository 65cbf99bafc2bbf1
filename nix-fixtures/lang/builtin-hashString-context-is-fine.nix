builtins.hashString "md5" (builtins.toFile "x" "y")
