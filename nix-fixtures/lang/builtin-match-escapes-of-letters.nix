builtins.match "\\w" "a"
