[ (builtins.bitAnd 12 10) (builtins.bitAnd (-1) 5) ]
