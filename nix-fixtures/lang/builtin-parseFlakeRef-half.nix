# features: flakes
builtins.parseFlakeRef "github:NixOS"
