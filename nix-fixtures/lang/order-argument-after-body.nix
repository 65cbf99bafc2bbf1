let f = zeta: { alpha = throw "a"; zeta = throw "z"; }; in f 1
