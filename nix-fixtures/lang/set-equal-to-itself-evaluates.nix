let set = { a = throw "value"; }; in set == set
