{ a.b = 1; a = rec { e = 4; f = e; }; }
