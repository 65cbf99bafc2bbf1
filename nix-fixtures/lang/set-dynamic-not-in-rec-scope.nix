let k = "x"; x = 0; in rec { ${k} = 1; y = x; }
