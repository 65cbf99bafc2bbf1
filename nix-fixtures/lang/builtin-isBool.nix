map builtins.isBool [ true null 1 ]
