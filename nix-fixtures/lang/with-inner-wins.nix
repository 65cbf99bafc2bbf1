with { x = 1; y = 1; }; with { y = 3; }; [ x y ]
