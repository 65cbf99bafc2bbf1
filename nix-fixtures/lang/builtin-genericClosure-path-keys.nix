map (x: x.key) (builtins.genericClosure { startSet = [ { key = /a; } { key = /a; } { key = /b; } ]; operator = _: [ ]; })
