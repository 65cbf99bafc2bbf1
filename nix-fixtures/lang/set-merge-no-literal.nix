let s = { x = 1; }; in { a = s; a.b = 2; }
