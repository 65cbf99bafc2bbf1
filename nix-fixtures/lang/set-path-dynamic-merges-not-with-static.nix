let x = "a"; in { ${x}.c = 1; a.d = 2; }
