let r = builtins.tryEval { a = throw "x"; }; in [ r.success (builtins.tryEval r.value.a).success ]
