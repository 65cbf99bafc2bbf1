[ (builtins.elemAt [ 1 2 ] 0) (builtins.elemAt [ 1 2 ] 1) ]
