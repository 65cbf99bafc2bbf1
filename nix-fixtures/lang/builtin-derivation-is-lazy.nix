(derivation { name = "n"; system = throw "never"; builder = "b"; }).name
