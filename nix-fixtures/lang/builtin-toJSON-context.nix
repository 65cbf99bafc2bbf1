builtins.hasContext (builtins.toJSON { a = builtins.toFile "x" ""; })
