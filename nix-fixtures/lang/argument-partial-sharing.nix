let f = a: b: a; g = f (builtins.trace "once" 1); in [ (g 1) (g 2) ]
