builtins.attrNames (builtins.getContext (builtins.replaceStrings [ "a" "b" ] [ (builtins.toFile "x" "1") (builtins.toFile "y" "2") ] "a"))
