{ a = x:y; }
