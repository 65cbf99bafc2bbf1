assert (({ a, b ? 1, ... }@s: x: false) { a = 1; } 2); 1
