scopedImport 1 ./files/set.nix
