[ (builtins.add 1 2) (builtins.add 1.5 2) (builtins.sub 1 2.5) (builtins.mul 2 2.5) (builtins.div 7 2) (builtins.div 7 2.0) (builtins.div (-7) 2) (builtins.mul (-1) 0.0) ]
