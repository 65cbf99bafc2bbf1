let f = zeta@{ beta ? 1 }: { zeta = throw "z"; beta = throw "b"; }; in f { }
