{ imports = [ ../missing.nix ]; }
