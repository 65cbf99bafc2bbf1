# features: parse-toml-timestamps
builtins.fromTOML "a = 1979-05-27T00:32:00+00:00\nb = 1979-05-27T00:32:00-00:00\nc = 1979-05-27T00:32:00.5+00:00\nd = 1979-05-27T00:32:00z"
