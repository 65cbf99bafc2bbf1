({ a, b ? s.a }@s: b) { a = 1; }
