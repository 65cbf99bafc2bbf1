let s = { a = [ 1 ]; f = x: x; }; in [ s.a s.f 1 ]
