derivationStrict { name = "n"; system = throw "forced"; builder = "b"; }
