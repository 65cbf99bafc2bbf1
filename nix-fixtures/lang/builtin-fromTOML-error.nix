(builtins.tryEval (builtins.fromTOML "a = ")).success
