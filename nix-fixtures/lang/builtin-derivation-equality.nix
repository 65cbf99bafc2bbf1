let d = n: derivation { name = n; system = "s"; builder = "b"; }; in [ (d "a" == d "a") (d "a" == d "b") ]
