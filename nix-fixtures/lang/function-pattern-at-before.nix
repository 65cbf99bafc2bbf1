(all@{ a, ... }: [ all.b a ]) { a = 1; b = 2; }
