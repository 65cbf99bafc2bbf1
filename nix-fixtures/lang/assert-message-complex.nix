assert { a = 1; }.a == 2 -> builtins.length [ 1 ] != 1; 1
