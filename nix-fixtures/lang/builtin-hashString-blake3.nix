(builtins.tryEval (builtins.hashString "blake3" "abc")).success
