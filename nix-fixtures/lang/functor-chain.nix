let f = { __functor = _: { __functor = _: x: x + 1; }; }; in f 1 1
