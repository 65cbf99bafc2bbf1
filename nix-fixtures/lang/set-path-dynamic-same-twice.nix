let x = "b"; in { a.${x}.c = 1; a.${x}.d = 2; }
