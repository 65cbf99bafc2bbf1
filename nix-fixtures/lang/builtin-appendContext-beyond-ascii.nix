builtins.appendContext "a" { "/nix/store/00000000000000000000000000000000ʇ" = { }; }
