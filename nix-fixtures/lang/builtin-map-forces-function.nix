builtins.length (map (throw "forced") [ 1 ])
