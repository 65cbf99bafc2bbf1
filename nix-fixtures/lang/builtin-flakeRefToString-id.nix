# features: flakes
builtins.flakeRefToString { type = "indirect"; id = "nix pkgs"; }
