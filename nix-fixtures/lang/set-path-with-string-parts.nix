{ a."b c".d = 1; "e".f = 2; a."b c".g = 3; }
