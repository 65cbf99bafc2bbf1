{ ${(derivation { name = "n"; system = "s"; builder = "b"; }).drvPath} = 1; }
