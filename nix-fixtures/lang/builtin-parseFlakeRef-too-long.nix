# features: flakes
builtins.parseFlakeRef "nixpkgs/a/b/c/d"
