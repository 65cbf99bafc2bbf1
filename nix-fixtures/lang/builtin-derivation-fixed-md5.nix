let d = derivation { name = "n"; system = "s"; builder = "b"; outputHashAlgo = "md5"; outputHash = builtins.hashString "md5" "x"; }; in [ d.drvPath d.outPath ]
