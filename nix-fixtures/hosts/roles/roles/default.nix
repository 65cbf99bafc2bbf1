{ imports = [ ./web.nix ./database.nix ./monitoring.nix ]; }
