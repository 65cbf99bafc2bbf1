builtins.toFile "name" "${derivation { name = "n"; system = "s"; builder = "b"; }}"
