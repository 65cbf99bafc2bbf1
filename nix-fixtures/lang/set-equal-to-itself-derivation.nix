let set = { type = "derivation"; outPath = "/x"; a = throw "no"; }; in set == set
