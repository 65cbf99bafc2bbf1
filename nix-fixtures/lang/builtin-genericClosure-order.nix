map (x: x.key) (builtins.genericClosure { startSet = [ { key = 1; } { key = 5; } ]; operator = x: if x.key > 8 then [ ] else [ { key = x.key + 3; } { key = x.key * 2; } ]; })
