let h = x: { y }: y; in h 1 { }
