builtins.replaceStrings [ "é" ] [ "e" ] "été"
