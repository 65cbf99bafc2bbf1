let f = builtins.substring 1; g = f 2; in [ (g "abcd") (builtins.typeOf g) ]
