let large = builtins.listToAttrs (builtins.genList (i: { name = "name${toString i}"; value = throw "below ${toString i}"; }) 200);
in (large // { name7 = throw "above"; }) == (large // { name7 = 1; })
