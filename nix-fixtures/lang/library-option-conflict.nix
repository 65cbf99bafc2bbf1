let
  merge = loc: defs: if builtins.all (d: d == builtins.head defs) defs then builtins.head defs else throw "The option `${builtins.concatStringsSep "." loc}' has conflicting definitions";
in builtins.addErrorContext "while evaluating the option `a.b':" (merge [ "a" "b" ] [ 1 2 ])
