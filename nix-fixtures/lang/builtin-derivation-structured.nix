let d = derivation { name = "n"; system = "s"; builder = "b"; __structuredAttrs = true; a = { b = [ 1 2.5 null true ]; }; list = [ "x" { y = "z"; } ]; }; in [ d.drvPath d.outPath ]
