let a = derivation { name = "a"; system = "s"; builder = "b"; }; d = derivation { name = "n"; system = "s"; builder = "b"; __structuredAttrs = true; deps = [ a ]; }; in d.drvPath
