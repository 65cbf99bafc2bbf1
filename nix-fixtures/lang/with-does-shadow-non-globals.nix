with { length = 5; }; length
