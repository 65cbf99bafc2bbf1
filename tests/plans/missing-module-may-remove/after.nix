{ imports = [ <home-manager/nixos> ]; }
