let f = x: x + 1; in { }.a or f 1
