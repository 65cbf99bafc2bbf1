[ (builtins.sub 1 2) (builtins.sub 1 0.5) ]
