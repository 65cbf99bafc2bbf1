[ <fixtures/three.nix> <fixtures/./three.nix> ]
