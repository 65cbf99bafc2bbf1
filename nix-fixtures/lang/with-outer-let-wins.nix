let a = 1; in with { a = 2; }; let f = x: a; in f 0
