[ (builtins.zipAttrsWith (n: v: v) [ ]) (builtins.zipAttrsWith (throw "f") [ { } { } ]) ]
