[ (builtins.toPath "/a/../b") (builtins.toPath /a) (builtins.typeOf (builtins.toPath "/a")) ]
