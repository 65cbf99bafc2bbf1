# features: flakes
builtins.flakeRefToString { type = "git"; url = "https://example.org/a"; rev = "xyz"; }
