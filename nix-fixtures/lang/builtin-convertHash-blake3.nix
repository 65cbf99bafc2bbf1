builtins.convertHash { hash = builtins.hashString "sha256" ""; hashAlgo = "blake3"; toHashFormat = "sri"; }
