let
  chars = s: builtins.genList (i: builtins.substring i 1 s) (builtins.stringLength s);
  rev = l: builtins.foldl' (a: x: [ x ] ++ a) [ ] l;
  join = builtins.concatStringsSep "";
  upper = builtins.replaceStrings (chars "abcdefghijklmnopqrstuvwxyz") (chars "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
  words = s: builtins.filter (x: builtins.isString x && x != "") (builtins.split "[^A-Za-z]+" s);
  pad = n: s: if builtins.stringLength s >= n then s else pad n " ${s}";
in { r = join (rev (chars "palindrome")); u = upper "mixed Case"; w = map (x: pad 6 (upper x)) (words "the quick, brown -- fox"); }
