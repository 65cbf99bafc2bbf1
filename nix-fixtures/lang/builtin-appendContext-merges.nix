let p = builtins.toFile "x" ""; in builtins.attrValues (builtins.getContext (builtins.appendContext p { ${builtins.unsafeDiscardStringContext p} = { path = true; }; }))
