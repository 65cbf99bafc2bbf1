# features: flakes
builtins.parseFlakeRef "nixpkgs?dir=a"
