(derivation { name = "n"; system = "s"; builder = "b"; outputs = [ "drv" ]; }).drvPath
