let
  sort = builtins.sort (a: b: a.key < b.key);
  keyed = f: builtins.genList (i: { key = f i; place = i; }) 50;
  bits = builtins.bitAnd;
in map (f: map (x: x.place) (sort (keyed f))) [
  (i: i)
  (i: 0 - i)
  (i: bits i 7)
  (i: 0 - bits i 7)
  (i: if i < 30 then i else 60 - i)
  (i: if i < 20 then 20 - i else i - 20)
  (i: bits (i * 37) 63)
  (i: bits i 1)
]
