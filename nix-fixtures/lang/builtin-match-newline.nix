[ (builtins.match "a.c" "a\nc") (builtins.match "a[^b]c" "a\nc") (builtins.match ".*" "a\nb") ]
