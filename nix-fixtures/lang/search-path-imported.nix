import <fixtures/three.nix>
