let f = { zeta ? alpha, alpha ? 1 }: { zeta = throw "z"; alpha = throw "a"; }; in f { }
