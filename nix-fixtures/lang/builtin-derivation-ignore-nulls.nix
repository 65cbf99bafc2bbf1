(derivation { name = "n"; system = "s"; builder = "b"; N = null; __ignoreNulls = true; }).drvPath
