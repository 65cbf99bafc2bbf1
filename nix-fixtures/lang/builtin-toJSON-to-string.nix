builtins.toJSON { __toString = s: s.x; x = "y"; }
