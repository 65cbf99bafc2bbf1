let
  names = [ "abcdefgh" "abcdefghi" "abcdefghij" "abcdefg" "abcdefgz" "abcdefghA" "b" "" "abc" "é" "abcdefghé" "abcdefghij " ];
  set = names: builtins.listToAttrs (map (name: { inherit name; value = name; }) names);
  prefixed = map (name: "common-prefix-${name}");
in
[ (builtins.attrNames (set names)) (builtins.attrNames (set (prefixed names))) (builtins.attrValues (set (prefixed names))) (set (prefixed names)) ]
