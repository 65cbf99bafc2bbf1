let d = derivation { name = "n"; system = "s"; builder = "b"; }; c = builtins.getContext d.outPath; in builtins.getContext (builtins.appendContext "" c) == c
