builtins.genList (throw "forced") 0
