builtins.trace { a = throw "x"; } 2
