let a' = 1; a-b = 2; _ = 3; a_b = 4; in [ a' a-b _ a_b ]
