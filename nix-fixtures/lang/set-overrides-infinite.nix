rec { __overrides = { a = b; }; a = 1; b = a; }
