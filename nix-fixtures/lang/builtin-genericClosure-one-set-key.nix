builtins.genericClosure { startSet = [ { key = { }; } ]; operator = _: [ ]; }
