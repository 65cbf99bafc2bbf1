let d = { type = "derivation"; name = "n"; drvPath = "/d"; outPath = "/o"; x = 1; }; in builtins.toXML [ d d ]
