builtins.trace (throw "t") 2
