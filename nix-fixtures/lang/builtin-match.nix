[ (builtins.match "ab" "abc") (builtins.match "a(.)c" "abc") (builtins.match "a|b" "b") (builtins.match "" "") ]
