builtins.match "*a" "*a"
