# `//`: many small sets into one, layers of a fixed point, and two large ones.
{ n }:
let
  inherit (builtins) foldl' genList listToAttrs attrNames length;
  grown = foldl' (set: i: set // { "k${toString i}" = i; }) { } (genList (i: i) (n / 10));
  large = base: listToAttrs (genList (i: { name = "k${toString (base + i)}"; value = i; }) n);
  config = { a = 1; b = 2; c = 3; d = 4; e = 5; f = 6; };
  overlay = i: self: super: { a = super.a + 1; "x${toString i}" = self.b; };
  extend = f: overlay: self: let super = f self; in super // overlay self super;
  fixed = let self = (foldl' extend (_: config) (genList overlay 150)) self; in self;
in
[
  (length (attrNames grown))
  (length (attrNames (large 0 // large (n / 2))))
  (foldl' (sum: i: sum + (config // { a = i; }).a) 0 (genList (i: i) (n * 10)))
  fixed.a
  (foldl' (set: i: set // { c = set.c + i; }) config (genList (i: i) n)).c
]
