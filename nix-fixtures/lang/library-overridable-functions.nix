let
  mirror = f: args: { __functor = self: a: f (args // a); __functionArgs = builtins.functionArgs f; };
  makeOverridable = f: orig: let
    r = f orig;
    over = new: orig // (if builtins.isFunction new then new orig else new);
  in r // { override = new: makeOverridable f (over new); overrideWith = g: makeOverridable (a: g (f a)) orig; };
  pkg = makeOverridable ({ name, version ? "1.0", deps ? [ ] }: { inherit name version; full = "${name}-${version}"; n = builtins.length deps; }) { name = "web"; };
  clean = p: { inherit (p) full n; };
in map clean [ pkg (pkg.override { version = "2"; }) ((pkg.override (o: { deps = [ o.name ]; })).override { name = "db"; }) (pkg.overrideWith (p: p // { full = "<${p.full}>"; })) ]
