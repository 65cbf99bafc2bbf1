builtins.scopedImport { x = 5; } ./files/scoped.nix
