(derivation { name = "n"; system = "s"; builder = throw "b"; }).name
