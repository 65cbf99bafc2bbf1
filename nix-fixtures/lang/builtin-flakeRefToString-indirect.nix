# features: flakes
map builtins.flakeRefToString [ { type = "indirect"; id = "nixpkgs"; } { type = "indirect"; id = "nixpkgs"; ref = "x"; rev = "a3a3dda3bacf61e8a39258a0ed9c924eeca8e293"; } ]
