let
  callWith = scope: f: extra: let fn = if builtins.isFunction f then f else import f; args = builtins.intersectAttrs (builtins.functionArgs fn) scope // extra; missing = builtins.filter (n: !(args ? ${n}) && !(builtins.functionArgs fn).${n}) (builtins.attrNames (builtins.functionArgs fn)); in if missing == [ ] then fn args else throw "missing ${toString missing}";
  pkgs = { a = callWith pkgs ({ b, c ? "c" }: "a(${b}${c})") { }; b = callWith pkgs ({ d }: "b(${d})") { d = "own"; }; d = "scope"; e = callWith pkgs ({ nope, d }: d) { }; };
in [ pkgs.a pkgs.b (builtins.tryEval pkgs.e) ]
