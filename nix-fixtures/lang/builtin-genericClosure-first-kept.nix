builtins.genericClosure { startSet = [ { key = 1; v = "a"; } { key = 1; v = "b"; } ]; operator = _: [ ]; }
