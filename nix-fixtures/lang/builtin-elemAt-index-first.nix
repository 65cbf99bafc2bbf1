builtins.elemAt (throw "list") "index"
