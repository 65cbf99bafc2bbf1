# features: flakes
builtins.parseFlakeRef " nixpkgs "
