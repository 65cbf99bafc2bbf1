builtins.convertHash { hash = "zzzzzzzzzzzzzzzzzzzzzzzzzz"; hashAlgo = "md5"; toHashFormat = "base16"; }
