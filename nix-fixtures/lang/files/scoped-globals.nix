[ map true (builtins.isFunction builtins.map) ]
