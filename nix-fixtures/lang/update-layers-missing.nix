let large = builtins.listToAttrs (builtins.genList (i: { name = "name${toString i}"; value = i; }) 200);
in (large // { other = 1; }).name200x
