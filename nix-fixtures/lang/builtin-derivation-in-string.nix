builtins.substring 0 11 "${derivation { name = "n"; system = "s"; builder = "b"; }}"
