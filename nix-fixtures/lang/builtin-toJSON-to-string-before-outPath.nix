builtins.toJSON { outPath = "/x"; __toString = _: "y"; }
