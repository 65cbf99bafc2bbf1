map builtins.ceil [ 1.1 1.0 (-1.5) 2 ]
