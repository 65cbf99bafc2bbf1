# features: flakes
builtins.parseFlakeRef "path:/a?lastModified=x"
