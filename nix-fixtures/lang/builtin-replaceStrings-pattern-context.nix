builtins.hasContext (builtins.replaceStrings [ (builtins.toFile "x" "1") ] [ "a" ] "zz")
