builtins.fetchurl { url = "http://example.org/a"; name = "a/b"; }
