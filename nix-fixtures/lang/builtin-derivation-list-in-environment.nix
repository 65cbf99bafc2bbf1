(derivation { name = "n"; system = "s"; builder = "b"; list = [ 1 "a" [ true null ] /x ]; }).drvPath
