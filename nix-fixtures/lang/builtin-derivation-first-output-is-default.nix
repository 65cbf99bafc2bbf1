let d = derivation { name = "n"; system = "s"; builder = "b"; outputs = [ "dev" "out" ]; }; in [ d.outputName d.outPath ]
