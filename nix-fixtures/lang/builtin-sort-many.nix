builtins.sort builtins.lessThan (builtins.genList (i: (i * 7919) - (i * 7919 / 101) * 101) 60)
