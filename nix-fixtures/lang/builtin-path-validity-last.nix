builtins.path { path = builtins.toFile "name" "content"; zzz = 1; }
