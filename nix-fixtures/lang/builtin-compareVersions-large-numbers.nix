map (version: [ (builtins.compareVersions version "a") (builtins.compareVersions version "9") ]) [ "2147483647" "2147483648" "4294967296" "9223372036854775808" ]
