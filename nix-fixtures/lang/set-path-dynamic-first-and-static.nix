let x = "b"; in { ${x}.c = 1; a.d = 2; }
