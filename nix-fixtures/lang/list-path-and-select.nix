[ ./a.b { a = 1; }.a "s".a or 3 ]
