builtins.hasContext (builtins.concatStringsSep (builtins.toFile "x" "") [ ])
