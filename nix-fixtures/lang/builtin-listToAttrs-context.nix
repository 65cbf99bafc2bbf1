builtins.listToAttrs [ { name = builtins.toFile "a" ""; value = 1; } ]
