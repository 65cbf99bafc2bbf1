builtins.genericClosure { startSet = [ (throw "element") ]; operator = throw "operator"; }
