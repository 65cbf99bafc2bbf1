/** documentation */ { a = 1; /** of b */ b = 2; }
