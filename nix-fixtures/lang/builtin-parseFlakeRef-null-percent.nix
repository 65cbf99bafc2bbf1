# features: flakes
builtins.parseFlakeRef "path:/a%00b"
