# Sorting numbers, strings and sets, with the comparison in Nix and built in.
{ n }:
let
  inherit (builtins) elemAt genList head length lessThan sort;
  # A linear congruence: the same numbers everywhere.
  random = genList (i: let x = i * 7919 + 104729; in x - x / 65537 * 65537) n;
  middle = xs: elemAt xs (length xs / 2);
in
[
  (middle (sort lessThan random))
  (middle (sort (a: b: a > b) random))
  (middle (sort (a: b: a < b) (map toString random)))
  (middle (sort (a: b: a.key < b.key) (map (key: { inherit key; }) random))).key
  (head (sort lessThan (map (x: [ (x / 100) x ]) random)))
]
