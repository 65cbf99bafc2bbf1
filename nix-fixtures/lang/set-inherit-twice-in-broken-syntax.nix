{ inherit (x) a a = 2; }
