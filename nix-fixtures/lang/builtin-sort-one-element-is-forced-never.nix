let t = builtins.tryEval (builtins.sort (a: b: true) [ (throw "e") ]); in t.success
