builtins.sort (a: b: if a == 33 then throw "${toString a} and ${toString b}" else a < b)
  (builtins.genList (i: builtins.bitXor i 37) 40)
