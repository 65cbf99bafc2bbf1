builtins.mapAttrs (n: v: n + v) { a = "1"; b = "2"; }
