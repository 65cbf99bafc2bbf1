builtins.substring (-1) (throw "length") "a"
