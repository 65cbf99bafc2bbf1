let
  first = builtins.head (builtins.match "(.?).*" "é");
  second = builtins.substring 1 1 "é";
  set = builtins.listToAttrs [ { name = first; value = 1; } { name = second; value = 2; } { name = "�"; value = 3; } ];
in
[
  (map (builtins.hashString "md5") (builtins.attrNames set))
  (builtins.attrValues set)
  (map (name: set.${name}) [ first second "�" ])
  (map (name: set ? ${name}) [ first (first + second) ])
  (builtins.tryEval (builtins.attrNames (builtins.removeAttrs set [ first "�" ]) == [ second ])).value
]
