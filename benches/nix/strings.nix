# Strings: interpolated, joined, cut, replaced, split, hashed.
{ n }:
let
  inherit (builtins) concatStringsSep foldl' genList hashString length replaceStrings stringLength substring toJSON;
  numbers = genList (i: i) n;
  lines = map (i: "line ${toString i} of ${toString n}: some text") numbers;
  text = concatStringsSep "\n" lines;
  characters = s: genList (i: substring i 1 s) (stringLength s);
  hex = concatStringsSep "" (genList (i: hashString "sha256" (toString i)) (n / 50));
in
[
  (stringLength text)
  (stringLength (replaceStrings [ "line" "text" ] [ "row" "words" ] text))
  (length (characters (substring 0 (n * 4) text)))
  (stringLength (foldl' (s: i: s + "x") "" numbers))
  (stringLength (foldl' (s: i: "${s}${toString i},") "" (genList (i: i) (n / 10))))
  (stringLength hex)
  (stringLength (toJSON lines))
  (length (builtins.filter (s: substring 0 6 s == "line 1") lines))
  (hashString "sha256" text)
]
