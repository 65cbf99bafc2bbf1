import ./links/elsewhere.nix
