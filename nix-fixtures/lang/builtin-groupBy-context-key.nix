builtins.groupBy (x: builtins.toFile "a" x) [ "b" ]
