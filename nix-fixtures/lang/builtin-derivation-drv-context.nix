builtins.attrValues (builtins.getContext (derivation { name = "n"; system = "s"; builder = "b"; }).drvPath)
