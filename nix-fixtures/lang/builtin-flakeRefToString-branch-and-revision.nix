# features: flakes
builtins.flakeRefToString { type = "github"; owner = "a"; repo = "b"; ref = "c"; rev = "a3a3dda3bacf61e8a39258a0ed9c924eeca8e293"; }
