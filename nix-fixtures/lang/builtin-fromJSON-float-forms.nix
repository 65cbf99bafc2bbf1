map (x: [ (builtins.typeOf (builtins.fromJSON x)) (builtins.fromJSON x) ]) [ "1.0" "1e2" "1E-2" "-0" "-0.0" "0.1e1" "1.5e+3" ]
