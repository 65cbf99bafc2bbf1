1 - { a = 1 + 1; b = throw "never"; }
