builtins.toXML { b = [ { c = null; } ]; a."x y" = 1; "<&>" = 2; }
