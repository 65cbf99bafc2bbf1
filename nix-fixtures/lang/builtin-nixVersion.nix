builtins.compareVersions builtins.nixVersion "2.34" >= 0
