[ (builtins.substring 0 2 { outPath = "abc"; }) (builtins.substring 0 1 { __toString = _: "xyz"; }) ]
