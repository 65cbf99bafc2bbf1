let x = zeta: alpha: 1; in { alpha = throw "a"; zeta = throw "z"; }
