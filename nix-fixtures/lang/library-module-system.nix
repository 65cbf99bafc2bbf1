let
  lib = rec {
    mkOption = o: { _type = "option"; } // o;
    mkIf = c: v: { _type = "if"; inherit c v; };
    mkOverride = p: v: { _type = "override"; inherit p v; };
    mkMerge = l: { _type = "merge"; inherit l; };
    isType = t: x: x ? _type && x._type == t;
    flat = x: if isType "merge" x then builtins.concatMap flat x.l
      else if isType "if" x then (if x.c then flat x.v else [ ])
      else [ x ];
    push = c: builtins.concatMap (x: if isType "if" x then (if x.c then push [ x.v ] else [ ]) else if isType "merge" x then push x.l else [ x ]) c;
    prio = x: if isType "override" x then x.p else 100;
    raw = x: if isType "override" x then x.v else x;
    best = defs: let p = builtins.foldl' (a: d: if prio d < a then prio d else a) 9999 defs; in map raw (builtins.filter (d: prio d == p) defs);
    get = path: set: if path == [ ] then [ set ] else if set ? ${builtins.head path} then get (builtins.tail path) set.${builtins.head path} else [ ];
    types = {
      int = loc: defs: if builtins.all (d: d == builtins.head defs) defs then builtins.head defs else throw "conflict at ${builtins.concatStringsSep "." loc}";
      str = types.int;
      listOf = t: loc: defs: builtins.concatLists defs;
      attrsOf = t: loc: defs: builtins.mapAttrs (n: vs: t (loc ++ [ n ]) (best (builtins.concatMap flat vs))) (builtins.zipAttrsWith (n: vs: vs) defs);
      submodule = mods: loc: defs: (eval { modules = mods ++ map (d: { config = d; }) defs; prefix = loc; }).config;
    };
    eval = { modules, prefix ? [ ] }: let
      call = m: if builtins.isFunction m then m { inherit config lib; } else m;
      norm = m: { imports = m.imports or [ ]; options = m.options or { }; config = m.config or (removeAttrs m [ "imports" "options" ]); };
      collect = ms: builtins.concatMap (m: let n = norm (call m); in collect n.imports ++ [ n ]) ms;
      all = collect modules;
      optionTree = builtins.foldl' (a: m: merge a m.options) { } all;
      merge = a: b: a // builtins.mapAttrs (n: v: if a ? ${n} && !(isType "option" v) then merge a.${n} v else v) b;
      configs = push (map (m: m.config) all);
      walk = path: tree: builtins.mapAttrs (n: o: let here = path ++ [ n ]; in
        if isType "option" o then let
          defs = builtins.concatMap (c: builtins.concatMap flat (get here c)) configs;
          vals = best defs;
        in (o.apply or (x: x)) (if vals == [ ] then o.default or (throw "no value for ${builtins.concatStringsSep "." (prefix ++ here)}") else o.type (prefix ++ here) vals)
        else walk here o) tree;
      config = walk [ ] optionTree;
    in { inherit config; };
  };
  inherit (lib) mkOption mkIf mkOverride mkMerge types eval;
in (eval { modules = [
  ({ config, ... }: {
    imports = [ { options.ports = mkOption { type = types.listOf types.int; default = [ ]; apply = builtins.sort builtins.lessThan; }; } ];
    options.hosts = mkOption { type = types.attrsOf (types.submodule [ ({ config, ... }: { options = { name = mkOption { type = types.str; default = "anon"; }; url = mkOption { type = types.str; default = "http://${config.name}:${toString config.port}"; }; port = mkOption { type = types.int; default = 80; }; }; }) ]); default = { }; };
    options.count = mkOption { type = types.int; };
    config = mkMerge [ { ports = [ 443 ]; } (mkIf (config.count > 1) { ports = [ 80 22 ]; }) (mkIf false (throw "never")) ];
  })
  { hosts.a.name = "a"; hosts.b = mkIf true { name = mkOverride 50 "b!"; port = 8080; }; }
  { hosts.b.name = "b"; count = mkOverride 1000 5; }
  ({ config, ... }: { count = builtins.length (builtins.attrNames config.hosts); })
]; }).config
