let d = derivation { name = "n"; system = "s"; builder = "b"; outputHashAlgo = "sha1"; outputHashMode = "recursive"; outputHash = builtins.hashString "sha1" "x"; }; in [ d.drvPath d.outPath ]
