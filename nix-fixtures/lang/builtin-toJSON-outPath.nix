builtins.toJSON { outPath = "/x"; other = throw "never"; }
