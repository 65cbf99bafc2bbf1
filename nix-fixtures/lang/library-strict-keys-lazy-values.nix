let s = builtins.listToAttrs (map (n: { name = "k${toString n}"; value = if n == 2 then throw "two" else n; }) [ 1 2 3 ]); in [ (builtins.attrNames s) s.k3 (builtins.tryEval s.k2).success ]
