# Lists: built, mapped, joined, folded, searched.
{ n }:
let
  inherit (builtins) all any concatLists concatMap elem elemAt filter foldl' genList head length partition tail;
  numbers = genList (i: i) n;
  sum = foldl' (a: b: a + b) 0;
  walk = xs: if xs == [ ] then 0 else head xs + walk (tail xs);
  reverse = xs: let l = length xs; in genList (i: elemAt xs (l - i - 1)) l;
in
[
  (sum (map (x: x * 2) numbers))
  (sum (filter (x: x / 3 * 3 == x) numbers))
  (length (concatMap (x: [ x x ]) numbers))
  (length (concatLists (map (x: [ x ]) numbers)))
  (sum (reverse numbers))
  (all (x: x >= 0) numbers)
  (any (x: x > n) numbers)
  (length (filter (x: elem x [ 1 5 9 13 17 21 ]) numbers))
  (length (partition (x: x < 100) numbers).wrong)
  (walk (genList (i: i) 1000))
  (length (foldl' (xs: x: xs ++ [ x ]) [ ] (genList (i: i) 2000)))
  (map (x: x + 1) numbers == genList (x: x + 1) n)
]
