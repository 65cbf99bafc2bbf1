let c = builtins.appendContext "a" { "/nix/store/00000000000000000000000000000000-a".path = true; }; in map builtins.hasContext ([ (builtins.substring 0 0 c) ] ++ builtins.match "(.)" c)
