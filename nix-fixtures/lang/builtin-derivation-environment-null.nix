(derivation { name = "n"; system = "s"; builder = "b"; N = null; }).drvPath
