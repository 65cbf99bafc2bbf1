let s = rec { a = 1; b = with s; a; }; in s.b
