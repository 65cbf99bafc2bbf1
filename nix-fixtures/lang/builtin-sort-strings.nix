builtins.sort builtins.lessThan [ "b" "B" "a" "aa" "" "é" "z" ]
