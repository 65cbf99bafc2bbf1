let f = { beta ? 1 }@zeta: { alpha = throw "a"; zeta = throw "z"; }; in f { }
