assert { a = 1; inherit ({ b = 2; }) b; "c d" = 3; } ? x; 1
