let x = builtins.genList (x: x) 20; in builtins.deepSeq x (x + 1)
