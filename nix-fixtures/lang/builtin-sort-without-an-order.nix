# Nothing is sorted by this; what comes out tells which elements were compared, and when.
map (n: builtins.sort (a: b: builtins.bitAnd (a * 7 + b * 3) 4 == 4) (builtins.genList (i: i) n))
  [ 2 3 4 5 8 15 16 17 18 24 25 31 33 40 64 100 ]
