(derivation { name = "n"; system = "s"; builder = "b"; args = [ 1 true ./files/text ]; }).drvPath
