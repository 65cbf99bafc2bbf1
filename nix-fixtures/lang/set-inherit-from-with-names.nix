let s = { a = 1; }; in with { b = 2; }; { inherit (s) a; inherit b; }
