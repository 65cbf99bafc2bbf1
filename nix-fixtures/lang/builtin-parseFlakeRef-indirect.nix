# features: flakes
map builtins.parseFlakeRef [ "nixpkgs" "nixpkgs/nixos-23.05" "nixpkgs/nixos-23.05/a3a3dda3bacf61e8a39258a0ed9c924eeca8e293" "flake:nixpkgs/x" "nixpkgs/a3a3dda3bacf61e8a39258a0ed9c924eeca8e293" "a-b_c" ]
