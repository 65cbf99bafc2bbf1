let __sub = a: b: 42; __lessThan = a: b: true; __mul = a: b: 7; __div = a: b: 8; in [ (2 - 1) (-1) (2 < 1) (1 * 1) (1 / 1) (2 > 1) (2 <= 1) (2 >= 1) ]
