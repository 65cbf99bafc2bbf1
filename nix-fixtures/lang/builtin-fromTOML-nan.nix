builtins.fromTOML "a = nan"
