map (x: builtins.placeholder (builtins.substring 0 1 x)) [ "é" "" "out" ]
