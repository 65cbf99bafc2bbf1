let a = derivation { name = "a"; system = "s"; builder = "b"; outputs = [ "out" "dev" ]; }; b = derivation { name = "b"; system = "s"; builder = "${a.dev}/bin"; }; in [ b.drvPath b.outPath ]
