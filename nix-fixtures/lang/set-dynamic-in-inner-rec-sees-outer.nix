rec { k = "x"; a = rec { ${k} = 1; y = 2; }; }
