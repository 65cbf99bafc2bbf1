let add3 = a: b: c: a + b + c; f = add3 1 2; in map f [ 1 2 ]
