# Sets of `n` names: made, mapped, filtered, merged, asked.
{ n }:
let
  inherit (builtins) attrNames attrValues genList listToAttrs mapAttrs foldl' removeAttrs intersectAttrs hasAttr catAttrs groupBy zipAttrsWith;
  key = i: "name-${toString i}";
  numbers = genList (i: i) n;
  set = listToAttrs (map (i: { name = key i; value = i; }) numbers);
  doubled = mapAttrs (_: v: v * 2) set;
  half = removeAttrs doubled (map key (builtins.filter (i: i / 2 * 2 == i) numbers));
  common = intersectAttrs half set;
  groups = groupBy (i: "g${toString (i - i / 100 * 100)}") numbers;
  zipped = zipAttrsWith (_: builtins.length) [ set doubled half ];
  sum = foldl' (a: b: a + b) 0;
in
[
  (sum (attrValues doubled))
  (builtins.length (attrNames half))
  (sum (attrValues common))
  (sum (map (i: if hasAttr (key i) half then doubled.${key i} else 0) numbers))
  (sum (map builtins.length (attrValues groups)))
  (sum (attrValues zipped))
  (sum (catAttrs "v" (map (i: { v = i; w = i; }) numbers)))
  (sum (map (i: let r = rec { a = i; b = a + 1; c = { d = b; }; }; in r.c.d) numbers))
]
