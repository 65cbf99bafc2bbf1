[ (builtins.replaceStrings [ "" ] [ "x" ] "ab") (builtins.replaceStrings [ "a" "" ] [ "y" "x" ] "aba") (builtins.replaceStrings [ "" ] [ "x" ] "") ]
