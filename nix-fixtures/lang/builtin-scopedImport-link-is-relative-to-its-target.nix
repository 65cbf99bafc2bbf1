builtins.scopedImport { } ./links/elsewhere.nix
