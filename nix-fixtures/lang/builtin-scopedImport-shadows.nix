builtins.scopedImport { x = 5; map = 1; true = 2; } ./files/scoped-globals.nix
