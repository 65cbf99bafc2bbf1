let f = x: f x; in let y = y.a; in y
