builtins.path { path = ./files/text; recursive = false; sha256 = builtins.hashFile "sha256" ./files/text; }
