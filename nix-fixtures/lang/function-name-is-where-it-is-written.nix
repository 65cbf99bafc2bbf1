let a = { y }: y; b = a; in b { z = 1; y = 1; }
