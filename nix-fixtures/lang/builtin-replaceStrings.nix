[ (builtins.replaceStrings [ "a" "b" ] [ "1" "2" ] "abcab") (builtins.replaceStrings [ "ab" "a" ] [ "X" "Y" ] "abaa") (builtins.replaceStrings [ "a" "ab" ] [ "Y" "X" ] "abaa") ]
