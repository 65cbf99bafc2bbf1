map (throw "forced?") [ ]
