let h = x: assert true; { y }: y; in h 1 { }
