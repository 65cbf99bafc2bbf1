builtins.genericClosure { startSet = [ { key = { }; } { key = { }; } ]; operator = _: [ ]; }
