builtins.genericClosure { startSet = [ { key = 1; } ]; operator = _: 1; }
