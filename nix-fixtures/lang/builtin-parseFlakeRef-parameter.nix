# features: flakes
builtins.parseFlakeRef "path:/a?foo=bar"
