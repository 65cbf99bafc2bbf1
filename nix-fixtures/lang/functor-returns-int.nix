{ __functor = _: 1; } 2
