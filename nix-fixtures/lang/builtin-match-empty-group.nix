builtins.match "()a" "a"
