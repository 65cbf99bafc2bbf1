import ./files/relative.nix
