builtins.convertHash { toHashFormat = "base16"; }
