builtins.match "((a)(b)?)+" "abaa"
