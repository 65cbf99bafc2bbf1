[ (builtins.map == builtins.map) ([ builtins.map ] == [ builtins.map ]) ]
