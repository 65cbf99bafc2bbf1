let d = { type = "derivation"; outPath = "/x"; }; in [ (d == d // { a = throw "no"; }) (d == d // { outPath = "/y"; }) ]
