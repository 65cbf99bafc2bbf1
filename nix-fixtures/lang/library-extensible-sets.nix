let
  fix' = f: let x = f x // { __unfix__ = f; }; in x;
  makeExtensible = rattrs: fix' (self: rattrs self // { extend = f: makeExtensible (final: let prev = rattrs final; in prev // f final prev); });
  obj = makeExtensible (self: { x = 1; y = self.x + 1; list = [ self.x self.y ]; });
  ext = obj.extend (self: super: { x = 5; z = super.list ++ [ self.y ]; });
  ext2 = (ext.extend (_: _: { y = 0; })).extend (self: super: { x = super.x + 1; });
in map (o: removeAttrs o [ "extend" "__unfix__" ]) [ obj ext ext2 ]
