builtins.substring 1 (-5) "abc"
