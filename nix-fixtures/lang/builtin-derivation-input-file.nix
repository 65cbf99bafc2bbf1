(derivation { name = "n"; system = "s"; builder = "b"; src = ./files/text; }).drvPath
