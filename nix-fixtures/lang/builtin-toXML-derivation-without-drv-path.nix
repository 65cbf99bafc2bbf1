builtins.toXML { type = "derivation"; outPath = "/o"; x = 1; }
