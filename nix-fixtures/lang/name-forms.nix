let _ = 1; _a = 2; a' = 3; a-b = 4; a_b = 5; A1 = 6; a'-'b = 7; in [ _ _a a' a-b a_b A1 a'-'b ]
