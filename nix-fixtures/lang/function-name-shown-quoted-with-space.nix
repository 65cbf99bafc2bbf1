{ "x y" = x: x; }."x y" < 1
