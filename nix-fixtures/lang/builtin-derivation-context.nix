builtins.getContext (derivation { name = "n"; system = "s"; builder = "b"; }).outPath
