[ (builtins.elem 1 [ 1.0 ]) (builtins.elem "a" [ ]) (builtins.elem { a = 1; } [ { a = 1; } ]) (let f = x: x; in builtins.elem f [ f ]) ]
