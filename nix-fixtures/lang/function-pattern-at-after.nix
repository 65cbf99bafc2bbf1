({ a, ... }@all: [ all.b a ]) { a = 1; b = 2; }
