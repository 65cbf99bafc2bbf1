[ (builtins.match "a|" "") (builtins.match "(|a)b" "ab") (builtins.match "(a||b)c" "c") ]
