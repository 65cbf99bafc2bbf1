# features: flakes
builtins.flakeRefToString { type = "indirect"; }
