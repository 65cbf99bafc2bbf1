builtins.groupBy (throw "x") [ ]
