builtins.break (throw "b")
