{ ${null} = throw "never"; a = 1; }
