(derivation { name = "n"; system = "s"; builder = "b"; outputs = [ "out" "dev" ]; outputHash = "sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="; }).drvPath
