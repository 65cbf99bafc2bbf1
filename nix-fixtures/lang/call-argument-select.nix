let f = x: y: [ x y ]; s = { a = 1; }; in f s.a s.b or 2
