[ (builtins.lessThan 1 1.5) (builtins.lessThan 2.0 1) (builtins.lessThan "a" "b") (builtins.lessThan [ 1 ] [ 1 2 ]) ]
