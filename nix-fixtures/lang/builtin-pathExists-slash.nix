let p = toString ./files; in [ (builtins.pathExists (p + "/")) (builtins.pathExists (p + "/text/")) (builtins.pathExists (p + "/text/.")) (builtins.pathExists (p + "/folder/.")) ]
