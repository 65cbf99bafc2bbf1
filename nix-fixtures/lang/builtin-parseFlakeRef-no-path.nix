# features: flakes
builtins.parseFlakeRef "./a"
