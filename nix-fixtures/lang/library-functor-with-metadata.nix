let
  typed = t: f: { inherit t; __functor = self: x: if builtins.typeOf x == self.t then f x else throw "want ${self.t}"; __toString = self: "<${self.t} function>"; };
  inc = typed "int" (x: x + 1);
in [ (inc 1) "${inc}" (builtins.tryEval (inc "a")) (map inc [ 1 2 ]) ]
