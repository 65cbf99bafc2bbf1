{ imports = [ ../../missing.nix ]; }
