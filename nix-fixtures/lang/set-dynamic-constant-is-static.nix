let x = rec { ${"a"} = 1; b = a; }; in x
