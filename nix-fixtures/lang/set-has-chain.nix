let s = { a.b.c = 1; }; in [ (s ? a) (s ? a.b) (s ? a.b.c) (s ? a.b.c.d) (s ? b.c) (s ? "a".b) (s ? ${"a"}.x) ]
