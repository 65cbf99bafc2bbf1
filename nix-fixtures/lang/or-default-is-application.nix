let f = x: x; in { }.a or f 1
