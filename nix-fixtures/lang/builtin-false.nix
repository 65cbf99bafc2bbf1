builtins.false
