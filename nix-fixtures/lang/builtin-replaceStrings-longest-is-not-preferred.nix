builtins.replaceStrings [ "ab" "a" ] [ "2" "1" ] "aabab"
