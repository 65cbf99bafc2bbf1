builtins.attrNames { b = throw "b"; a = 1; B = 2; "a-" = 3; aa = 4; }
