let o = { a = 5; }; in rec { __overrides = o; a = 1; b = a + 1; }
