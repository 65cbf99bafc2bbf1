[ (builtins.match "(x)?y" "y") (builtins.match "(a*)(b*)" "aab") (builtins.match "((a)(b))c" "abc") (builtins.match "(a)|(b)" "b") ]
