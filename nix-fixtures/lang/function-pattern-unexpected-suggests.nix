({ alpha ? 1 }: alpha) { alpa = 2; }
