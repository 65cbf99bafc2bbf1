builtins.tryEval (builtins.addErrorContext "c" (throw "x"))
