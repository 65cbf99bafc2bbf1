[ (builtins.all (x: throw "x") [ ]) (builtins.any (x: throw "x") [ ]) ]
