builtins.replaceStrings [ "q" ] [ 1 ] "a"
