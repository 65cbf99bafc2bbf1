builtins.getFlake "path:/x"
