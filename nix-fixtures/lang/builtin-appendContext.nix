let p = "/nix/store/00000000000000000000000000000000-a"; in builtins.getContext (builtins.appendContext "x" { ${p}.path = true; "${p}.drv" = { allOutputs = true; outputs = [ "out" "dev" ]; }; })
