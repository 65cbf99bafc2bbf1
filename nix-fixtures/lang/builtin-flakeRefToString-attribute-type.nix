# features: flakes
builtins.flakeRefToString { type = "path"; path = 1; }
