builtins.addDrvOutputDependencies (derivation { name = "n"; system = "s"; builder = "b"; }).outPath
