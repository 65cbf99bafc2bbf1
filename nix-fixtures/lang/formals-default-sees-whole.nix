(s@{ a, b ? s.a }: b) { a = 1; }
