with { a = 1; f = x: x + 1; }; { b = f a; }
