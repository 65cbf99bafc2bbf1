{ ${(derivation { name = "n"; system = "s"; builder = "b"; outputs = [ "dev" ]; }).outPath} = 1; }
