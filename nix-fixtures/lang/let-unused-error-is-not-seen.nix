let a = throw "a"; b = undefined'; undefined' = 1; in b
