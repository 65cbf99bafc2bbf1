# features: flakes
builtins.flakeRefToString { type = "foo"; }
