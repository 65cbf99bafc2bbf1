let f = { __functor = self: { __functor = s: x: y: x + y; } ; }; in f 1 2
