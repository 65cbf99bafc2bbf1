[ (builtins.builtins.builtins ? map) (builtins.isAttrs builtins) ]
