let d = derivation { name = "n"; system = "s"; builder = "b"; outputHash = "sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="; }; in [ d.drvPath d.outPath ]
