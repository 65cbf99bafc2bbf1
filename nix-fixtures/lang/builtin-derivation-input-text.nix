(derivation { name = "n"; system = "s"; builder = builtins.toFile "builder.sh" "echo"; }).drvPath
