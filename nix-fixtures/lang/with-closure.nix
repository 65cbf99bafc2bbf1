let f = with { a = 1; }; x: x + a; in f 2
