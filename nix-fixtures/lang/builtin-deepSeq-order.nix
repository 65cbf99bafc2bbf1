builtins.deepSeq { b = throw "b"; a = throw "a"; } 1
