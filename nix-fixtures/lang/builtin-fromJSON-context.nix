builtins.fromJSON (builtins.toJSON { a = builtins.toFile "x" ""; })
