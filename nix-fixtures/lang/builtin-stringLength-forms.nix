[ (builtins.stringLength "") (builtins.stringLength "é") (builtins.stringLength { outPath = "abc"; }) ]
