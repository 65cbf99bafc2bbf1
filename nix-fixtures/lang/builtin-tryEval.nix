map (x: x.success) [ (builtins.tryEval 1) (builtins.tryEval (throw "x")) (builtins.tryEval (assert false; 1)) (builtins.tryEval <no-such>) (builtins.tryEval [ (throw "x") ]) ]
