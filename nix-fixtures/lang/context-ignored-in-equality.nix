let c = builtins.toFile "a" "b"; in [ (c == builtins.unsafeDiscardStringContext c) (c < "a") ]
