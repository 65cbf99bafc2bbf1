scopedImport { x = 2; } (builtins.toFile "s.nix" "[ x (builtins.length [ 1 ]) ]")
