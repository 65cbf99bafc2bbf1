[ (removeAttrs { a = 1; b = 2; c = 3; } [ "a" "c" "x" ]) (removeAttrs { } [ "a" ]) (removeAttrs { a = 1; } [ ]) (removeAttrs { a = 1; } [ "a" "a" ]) ]
