[ (builtins.substring 1 2 "abcd") (builtins.substring 2 (-1) "abcd") (builtins.substring 4 1 "abcd") (builtins.substring 9 1 "abcd") (builtins.substring 0 0 "abcd") (builtins.substring 0 99 "abcd") ]
