[ (builtins.replaceStrings [ "" "a" ] [ "X" "Y" ] "ab") (builtins.replaceStrings [ "a" "" ] [ "Y" "X" ] "ab") (builtins.replaceStrings [ "" ] [ "X" ] "") ]
