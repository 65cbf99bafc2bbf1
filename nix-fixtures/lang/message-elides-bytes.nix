1 - builtins.concatStringsSep "abc\n" (builtins.genList (x: "abcdefghi") 400)
