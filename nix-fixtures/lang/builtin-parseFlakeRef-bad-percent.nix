# features: flakes
builtins.parseFlakeRef "path:/a%zz"
