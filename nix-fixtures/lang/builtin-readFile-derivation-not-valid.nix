builtins.readFile (derivation { name = "n"; system = "s"; builder = "b"; }).outPath
