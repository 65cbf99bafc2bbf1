# features: flakes
builtins.parseFlakeRef ""
