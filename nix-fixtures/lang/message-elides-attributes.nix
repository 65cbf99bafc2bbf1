let x = builtins.listToAttrs (map (n: { name = "a${toString n}"; value = n; }) (builtins.genList (x: x) 20)); in builtins.deepSeq x (toString x)
