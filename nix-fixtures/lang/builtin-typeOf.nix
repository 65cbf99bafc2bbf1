map builtins.typeOf [ 1 1.0 "a" true null [ ] { } (x: x) ./files builtins.map (builtins.map 1) ]
