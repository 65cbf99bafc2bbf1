(builtins.tryEval <no-such-thing>).success
