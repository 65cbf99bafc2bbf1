builtins.filter (throw "forced?") [ ]
