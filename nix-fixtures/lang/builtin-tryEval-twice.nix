let x = throw "x"; in [ (builtins.tryEval x).success (builtins.tryEval x).success ]
