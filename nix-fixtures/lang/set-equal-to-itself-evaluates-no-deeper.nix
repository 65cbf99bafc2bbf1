let set = { a = { b = throw "deep"; }; f = x: x; }; in set == set
