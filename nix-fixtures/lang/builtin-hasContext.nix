[ (builtins.hasContext "a") (builtins.hasContext "${./files/text}") (builtins.hasContext (builtins.toFile "a" "b")) ]
