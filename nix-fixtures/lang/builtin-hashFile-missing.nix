builtins.hashFile "sha256" ./files/nothing
