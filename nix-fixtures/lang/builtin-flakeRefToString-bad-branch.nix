# features: flakes
builtins.flakeRefToString { type = "github"; owner = "a"; repo = "c"; ref = "x y"; }
