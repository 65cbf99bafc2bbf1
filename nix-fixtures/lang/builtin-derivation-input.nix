let a = derivation { name = "a"; system = "s"; builder = "b"; }; b = derivation { name = "b"; system = "s"; builder = "b"; dep = a; }; in [ b.drvPath b.outPath ]
