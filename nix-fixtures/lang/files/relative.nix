[ (import ./three.nix) (import ./folder) (baseNameOf ./.) ]
