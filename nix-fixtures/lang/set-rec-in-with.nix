with { a = 5; }; rec { b = a; }
