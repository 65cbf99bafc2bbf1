builtins.fromTOML "a = [ 1e3, -1.5, 6.02e23 ]"
