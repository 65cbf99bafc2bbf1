builtins.toXML { __toString = _: "x"; }
