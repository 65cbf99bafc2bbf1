let
  upd = l: r: builtins.zipAttrsWith (n: vs: if builtins.length vs == 1 then builtins.head vs else if builtins.all builtins.isAttrs vs then upd (builtins.head vs) (builtins.elemAt vs 1) else builtins.elemAt vs 1) [ l r ];
in upd { a.b.c = 1; a.d = 2; e = [ 1 ]; } { a.b.f = 3; a.d.g = 4; e = [ 2 ]; }
