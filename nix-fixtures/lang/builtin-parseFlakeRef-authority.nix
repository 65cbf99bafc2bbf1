# features: flakes
builtins.parseFlakeRef "path://host/a"
