[ (builtins.concatStringsSep ", " [ "a" "b" "c" ]) (builtins.concatStringsSep "x" [ ]) (builtins.concatStringsSep "" [ "a" ]) (builtins.concatStringsSep "/" [ { outPath = "o"; } "b" ]) ]
