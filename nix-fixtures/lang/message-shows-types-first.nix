1 - { c = 1; b = 2; a = 3; type = "x"; name = 2; _type = "x"; outPath = 2; }
