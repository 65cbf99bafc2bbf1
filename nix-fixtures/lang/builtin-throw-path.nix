builtins.tryEval (throw ./files/text)
