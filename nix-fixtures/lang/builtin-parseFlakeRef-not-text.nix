# features: flakes
builtins.parseFlakeRef 1
