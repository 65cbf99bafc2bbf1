builtins.concatMap (x: [ x (x * 2) ]) [ 1 2 ]
