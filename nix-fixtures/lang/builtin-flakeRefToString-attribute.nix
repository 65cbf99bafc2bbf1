# features: flakes
builtins.flakeRefToString { type = "path"; path = "/a"; foo = "b"; }
