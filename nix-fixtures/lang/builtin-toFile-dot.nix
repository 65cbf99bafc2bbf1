builtins.toFile ".a" ""
