# features: flakes
builtins.flakeRefToString { url = "x"; }
