# `match` and `split` as configurations use them.
{ n }:
let
  inherit (builtins) concatMap filter genList head isList isString length match split;
  addresses = genList (i: "10.${toString (i / 250)}.${toString (i - i / 250 * 250)}.7/24") n;
  parse = match "([0-9]+)\\.([0-9]+)\\.([0-9]+)\\.([0-9]+)(/[0-9]+)?";
  text = builtins.concatStringsSep "\n" addresses;
in
[
  (length (concatMap parse addresses))
  (length (filter isString (split "\n" text)))
  (length (filter isList (split "([0-9]+)/([0-9]+)" text)))
  (length (filter (a: match ".*[.]2[0-9]*[.].*" a != null) addresses))
  (length (filter (a: match "(foo|bar|10\\.1)[^/]*/(24|32)" a != null) addresses))
  (head (match "[[:space:]]*([a-z-]+)[[:space:]]*=(.*)" "  key-word = value"))
]
