builtins.toJSON { b = [ 1 1.5 null true false ]; a = "x\n\"\\é\t"; c = { }; d = { outPath = "/o"; x = 1; }; e = { __toString = self: "s"; }; }
