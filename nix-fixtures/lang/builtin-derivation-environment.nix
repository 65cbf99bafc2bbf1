(derivation { name = "n"; system = "s"; builder = "b"; A = "x"; B = 1; C = true; D = false; E = [ "a" 1 ]; F = ""; G = 1.5; }).drvPath
