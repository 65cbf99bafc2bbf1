map builtins.placeholder [ "out" "dev" "a b" ]
