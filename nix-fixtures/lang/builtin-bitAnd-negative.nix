[ (builtins.bitAnd (-1) 255) (builtins.bitOr (-256) 1) (builtins.bitXor (-1) 0) (builtins.bitXor 12 10) ]
