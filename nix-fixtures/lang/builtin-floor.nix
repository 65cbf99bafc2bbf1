map builtins.floor [ 1.9 1.0 (-1.5) 2 ]
