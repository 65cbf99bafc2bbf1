builtins.tryEval (builtins.tryEval (throw "a"))
