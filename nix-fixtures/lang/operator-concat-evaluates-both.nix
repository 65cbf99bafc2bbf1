1 ++ (throw "right")
