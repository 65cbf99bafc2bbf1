let f = { __functor = self: x: x + self.n; n = 10; }; in [ (f 1) (map f [ 1 2 ]) (builtins.isFunction f) ]
