let n = 1; in { "a${toString n}" = 1; "b${toString (n + 1)}c" = 2; }
