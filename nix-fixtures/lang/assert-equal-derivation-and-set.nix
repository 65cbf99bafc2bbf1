assert { type = "derivation"; outPath = "a"; } == { outPath = "b"; }; 1
