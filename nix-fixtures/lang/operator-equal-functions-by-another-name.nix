let f = x: x; g = f; in [ (f == g) ({a = f;} == {a = g;}) ([f] == [g]) ]
