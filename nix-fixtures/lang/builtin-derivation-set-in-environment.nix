(derivation { name = "n"; system = "s"; builder = "b"; set = { a = 1; }; }).drvPath
