builtins.bitOr 1 1.0
