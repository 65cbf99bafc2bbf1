[ (builtins.genList (x: x * x) 4) (builtins.genList (throw "x") 0) ]
