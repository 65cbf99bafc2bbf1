[ (builtins.typeOf (x:x)) (builtins.typeOf (x: x)) ]
