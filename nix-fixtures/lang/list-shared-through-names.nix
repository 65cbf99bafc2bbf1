let x = [ 1 ]; y = x; z = { a = y; b = x; }; in z
