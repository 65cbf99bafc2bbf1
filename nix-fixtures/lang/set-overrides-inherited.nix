let __overrides = { a = 3; }; in rec { inherit __overrides; a = 1; b = a; }
