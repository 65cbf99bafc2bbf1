builtins.deepSeq (x: throw "x") 1
