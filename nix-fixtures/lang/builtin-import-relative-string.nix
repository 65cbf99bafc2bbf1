import "files/three.nix"
