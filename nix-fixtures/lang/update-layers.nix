let
  inherit (builtins) attrNames attrValues elemAt foldl' genList hasAttr intersectAttrs length listToAttrs mapAttrs
    removeAttrs unsafeGetAttrPos zipAttrsWith catAttrs toJSON;
  key = i: "k${toString i}";
  many = from: n: listToAttrs (genList (i: { name = key (from + i); value = from + i; }) n);
  large = many 0 200;
  # Each is larger by one than that before it; some are looked at, some compared, some updated twice.
  steps = foldl' (all: i: all ++ [ (elemAt all (length all - 1) // { ${key (190 + i)} = "new ${toString i}"; }) ]) [ large ] (genList (i: i) 40);
  at = elemAt steps;
  twice = [ (at 20 // { k3 = 1; }) (at 20 // { k3 = 2; }) ];
in
[
  (map (set: length (attrNames set)) steps)
  (map (set: set.k195 or "none") steps)
  (map (set: set ? k205) steps)
  (map (set: hasAttr "k3" set) twice)
  (map (set: [ set.k3 set.k195 set.k100 (set.k999 or null) ]) twice)
  (at 7 == at 7 // { }) (at 7 == at 7 // { k3 = 3; }) (at 7 == at 8)
  (elemAt twice 0 == elemAt twice 1)
  (intersectAttrs (at 39) { k3 = "a"; k228 = "b"; k999 = "c"; })
  (intersectAttrs { k3 = "a"; k228 = "b"; k999 = "c"; } (at 39))
  (attrNames (removeAttrs (at 39) (genList key 225)))
  (attrValues (removeAttrs (at 39 // { k226 = "newer"; }) (genList key 225)))
  (unsafeGetAttrPos "k195" (at 30)).column (unsafeGetAttrPos "k3" (at 30)).column
  (unsafeGetAttrPos "k3" (elemAt twice 1)).column
  (({ k3, k195, k999 ? "default", ... }@all: [ k3 k195 k999 (length (attrNames all)) ]) (at 12))
  (with at 12; [ k3 k195 ])
  (mapAttrs (name: value: "${name}=${toString value}") (removeAttrs (at 5) (genList key 190)))
  (zipAttrsWith (_: values: values) [ (removeAttrs (at 3) (genList key 188)) { k189 = true; } ])
  (catAttrs "k191" (steps ++ twice))
  (toJSON (at 2))
  (many 0 100 // many 50 100 // { k70 = "last"; } // many 60 5)
  (({ k3 = throw "hidden"; } // at 1).k3)
  ((at 1 // { k3 = throw "not asked for"; }).k4)
]
