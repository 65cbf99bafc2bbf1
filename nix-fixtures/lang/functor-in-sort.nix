builtins.sort { __functor = _: a: b: a < b; } [ 2 1 ]
