let x = { y = x; z = 1; }; in builtins.deepSeq x (toString x)
