builtins.tryEval (abort "reason")
