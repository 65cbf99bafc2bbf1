let d = derivation { name = "n"; system = "s"; builder = "b"; __structuredAttrs = true; outputs = [ "out" "man" ]; }; in [ d.drvPath d.man.outPath ]
