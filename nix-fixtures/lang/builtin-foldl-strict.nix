builtins.foldl' (a: b: b) 0 [ (throw "forced?") 1 ]
