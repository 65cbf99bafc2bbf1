let p = builtins.appendContext "/nix/store/00000000000000000000000000000000-a/b" { "/nix/store/00000000000000000000000000000000-a".path = true; }; in builtins.hasContext (baseNameOf p)
