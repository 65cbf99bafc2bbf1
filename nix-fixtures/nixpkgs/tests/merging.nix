# Cases of the merging of options, one a line: what is computed natively gives what the code of the library gives, values,
# positions, errors and traces (`tests/fixtures/merging.rs`).
{ lib }:
let
  inherit (lib) evalModules mkAfter mkBefore mkDefault mkForce mkIf mkMerge mkOption mkOrder mkOverride types;
  inherit (builtins) attrNames attrValues removeAttrs throw toString tryEval unsafeGetAttrPos;
  o = type: default: mkOption { inherit type default; };
  int = o types.int 1;
  E = modules: evalModules { inherit modules; };
  C = modules: (E modules).config;
  O = modules: (E modules).options;
  M = type: lib.modules.mergeDefinitions [ "x" ] type;
  D = value: { file = "f"; inherit value; };
  at = set: map (name: unsafeGetAttrPos name set) (attrNames set);
  show =
    option:
    removeAttrs option [ "type" "_type" "__toString" "default" "apply" "example" ]
    // {
      text = toString option;
      type = option.type.name;
      positions = at option;
      definitions = map at option.definitionsWithLocations;
    };
  extended = overlay: lib.extend (_: overlay);
in
[
  # Values, priorities, orders.
  (C [ { options.a = int; } ])
  (C [ { options.a = mkOption { type = types.int; }; } ])
  (C [ { options.a = mkOption { type = types.int; }; config.a = 3; } ])
  (show (O [ { options.a = int; } ]).a)
  (show (O [ { options.a = int; } { a = 4; } ]).a)
  (show (O [ { options.a = int; } { a = mkForce 4; } { a = mkDefault 7; } ]).a)
  (show (O [ { options.a = o (types.listOf types.int) [ 1 ]; } { a = mkAfter [ 4 ]; } { a = mkBefore [ 7 ]; } { a = [ 9 ]; } ]).a)
  (show (O [ { _file = "x.nix"; options.a = int; } { _file = "y.nix"; config = mkIf true { a = mkMerge [ (mkIf false 1) (mkIf true 5) ]; }; } ]).a)
  (show (O [ { _file = "x.nix"; options.a.b.c = o types.str "x"; } { _file = "y.nix"; a.b = mkMerge [ { c = mkForce "k"; } (mkIf false { c = "l"; }) ]; } ]).a.b.c)
  (C [ { options.a = int; } { config = mkMerge [ { a = 1; } (mkIf true (mkForce { a = 5; })) ]; } ])
  (C [ { options.a.x = int; options.a.y = int; } { config = mkMerge [ { a = mkDefault { x = 5; }; } (mkOverride 10 (mkIf true { a.y = 9; })) ]; } ])
  (map (d: d.value) (lib.modules.mergeModules [ ] [ { _file = "f"; options.a = int; config = mkIf true (mkForce { a = 3; b = 4; }); } ]).unmatchedDefns)
  (C [ { options.a.x = int; } { config = { _type = "order"; priority = 3; content = { a.x = 3; }; }; } ])
  (C [ { options.a = int; } { a = mkOrder 5 3; } ])
  (C [ { options.a = int; } { a = mkForce (mkOrder 5 3); } ])
  (C [ { options.a = int; } { a = mkForce (mkForce 3); } ])
  (C [ { options.a = int; } { a = mkIf true (mkForce (mkIf true 3)); } ])
  (C [ { options.a = int; } { a = 1; } { a = 2; } ])
  (C [ { options.a = int; } { a = 2; } { a = 2; } ])
  # Declarations.
  (C [ { options.a = int; config.b = 2; } ])
  (C [ { options.a = o types.int "x"; } ])
  (C [ { options.a = int; } { options.a = int; } ])
  (C [ { options.a = mkOption { type = types.int; }; } { options.a = mkOption { default = 2; }; } ])
  (show (O [ { options.a = mkOption { type = types.int; }; } { options.a = mkOption { default = 2; }; } ]).a)
  (C [ { options.a = mkOption { default = 1; }; } ])
  (C [ { options.a = mkOption { default = { x = 1; }; }; a.y = 3; } ])
  (removeAttrs (O [ { options.a = mkOption { default = 1; }; } ]).a [ "type" "__toString" ])
  (C [ { options.a = mkOption { type = types.int; default = 1; apply = x: x + 1; }; } ])
  (C [ { options.a = mkOption { type = types.int; default = "no"; apply = x: (tryEval x).success; }; } ])
  (show (O [ { options.a = mkOption { type = types.int; default = 1; apply = x: x + 1; }; } ]).a)
  (C [ { options.a = mkOption { type = types.int; default = 1; readOnly = true; }; } ])
  (C [ { options.a = mkOption { type = types.int; default = 1; readOnly = true; }; } { a = 2; } ])
  (C [ { options.a = mkOption { type = types.int; readOnly = true; }; } { a = 2; } ])
  (C [ { options.a = mkOption { type = types.int; readOnly = true; }; } { a = 2; } { a = 2; } ])
  (C [ { options.a = mkOption { type = types.int; readOnly = 3; }; } { a = 2; } ])
  (C [ { options.a = { _type = "option-type"; description = "d"; }; } ])
  (C [ { options.a = { _type = "other"; }; } ])
  (C [ { options.a = { _type = 7; }; } ])
  (C [ { options.a = types.int; } ])
  (C [ { options.a = 3; } ])
  (C [ { options = 3; } ])
  (C [ { config = 3; } ])
  (C [ { options.a.b = int; config.a = 3; } ])
  (C [ { options.a.b = int; config.a.c = 3; } ])
  (C [ { options.a.b = int; } { a = mkIf true { c = 3; }; } ])
  (C [ { options.a.b = int; c = 3; } ])
  (C [ { options.a.b = int; options.a.c = 3; } ])
  (C [ { options.a = int; } { options.a.y = int; } ])
  (C [ { options."a b" = o types.int "x"; } ])
  (C [ { options.a = int; options._module.x = int; } ])
  (attrNames (O [ { options.a = int; options.b.c = int; } ]))
  (at (O [ { options.a = int; options.b.c = int; } ]))
  (C [ { options.a = mkOption { type = types.int; visible = false; internal = true; description = "k"; example = 3; default = 2; }; } { options.b = lib.mkEnableOption "b"; b = true; } ])
  (lib.options.optionAttrSetToDocList (O [ { options.a = mkOption { type = types.int; default = 1; description = "d"; }; } ]))
  # Modules that depend on the configuration.
  (C [ ({ config, ... }: { options.a = int; options.b = o types.int config.a; }) ])
  (C [ ({ config, ... }: { options.a = o types.int config.a; }) ])
  (C [ ({ config, ... }: { options.a = int; config.a = mkIf (config.a == 1) 2; }) ])
  (C [ ({ config, ... }: { options.a = int; config = mkIf (config.a == 1) { a = 2; }; }) ])
  (C [ ({ config, ... }: { options.a = int; config = mkIf config.b { a = 2; }; options.b = o types.bool true; }) ])
  (C [ ({ config, ... }: { options.a = int; options.b = int; config.a = config.b; config.b = config.a; }) ])
  (C [ ({ config, ... }: { options.a = int; config = if config.a == 1 then { } else { }; }) ])
  (C [ ({ config, ... }: { options = if config ? a then { } else { }; }) ])
  (C [ ({ options, ... }: { options.a = int; options.b = o types.bool options.a.isDefined; }) ])
  (C [ ({ options, ... }: { options.a = int; config.a = mkIf options.a.isDefined 3; }) ])
  (C [ ({ foo, ... }: { options.a = o types.int foo; }) ])
  (C [ ({ foo, ... }: { options.a = o types.int foo; }) { _module.args.foo = 5; } ])
  (C [ ({ foo ? 3, ... }: { options.a = o types.int foo; }) ])
  (C [ ({ nope, ... }: { config = nope; }) ])
  (C [ ({ nope, ... }: { imports = nope; }) ])
  (C [ ({ ... }@args: { options.a = o (types.listOf types.str) (attrNames args); }) ])
  # Loading.
  (C [ { imports = [ { options.a = int; } ({ ... }: { a = 3; }) ]; } ])
  (C [ { imports = [ { key = "k"; options.a = int; } { key = "k"; options.a = o types.int 2; } ]; } ])
  (C [ { imports = [ [ { } ] ]; } ])
  (C [ { imports = [ 3 ]; } ])
  (C [ { imports = 3; } ])
  (C [ { imports = [ { _type = "configuration"; } ]; } ])
  (C [ { imports = [ { _type = "if"; condition = true; content = { a = 3; }; } { options.a = int; } ]; } ])
  (C [ (mkIf true { a = 3; }) { options.a = int; } ])
  (C [ (mkIf false { a = 3; }) { options.a = int; } ])
  (C [ (mkForce { a = 3; }) { options.a = int; } { a = 2; } ])
  (C [ { key = "k"; options.a = int; a = 7; } ])
  (C [ { key = "k"; options.a = int; config.a = 7; } { disabledModules = [ { key = "k"; } ]; } { options.a = o types.int 9; } ])
  (C [ { options.a = int; meta.x = 1; options.meta.x = o types.int 3; } ])
  (C [ { options.a = int; require = [ { a = 2; } ]; } ])
  (C [ { require = [ { a = 2; } ]; } { options.a = int; } ])
  (C [ { _file = ./x.nix; options.a = o types.int "s"; } ])
  (C [ { _file = 3; options.a = o types.int "s"; } ])
  (C [ { key = 3; options.a = o types.int 2; } ])
  (C [ { options.a = int; bogus = 3; } ])
  (C [ { options.a = int; } ./nope.nix ])
  (C [ { options.a = int; options.fromFile = int; } ./table/files/modules/defines.nix ])
  (C [ { __functor = _: { ... }: { options.a = int; }; } ])
  (lib.modules.collectModules null "" [ { } { imports = [ { x = 1; } ]; } { _file = "g"; options = { }; } ] { })
  (at (builtins.head (lib.modules.collectModules null "" [ { x = 1; imports = [ ]; } ] { })))
  (at (builtins.head (lib.modules.collectModules null "" [ { config.x = 1; } ] { })))
  (lib.modules.collectModules "k" "" [ { _class = "k"; } ] { })
  (lib.modules.collectModules "k" "" [ { _class = "l"; } ] { })
  (lib.modules.collectModules null "" [ { _class = throw "class"; } ] { } != [ ])
  (map (m: m.key) (lib.modules.collectModules null "" [ { imports = [ { imports = [ { } ]; } { } ]; } { } ] { }))
  (evalModules { class = "nixos"; modules = [ { _class = "darwin"; } ]; }).config
  (evalModules { class = "nixos"; modules = [ { _class = "nixos"; options.a = int; } ]; }).config
  (evalModules { prefix = [ "p" "q" ]; modules = [ { options.a = o types.int "x"; } ]; }).config
  (toString (evalModules { prefix = [ "p" "q" ]; modules = [ { options.a = int; } ]; }).options.a)
  (evalModules { modules = [ { options.a = int; } { b = 1; } ]; check = false; }).config
  (C [ { options.a = int; _module.check = false; config.b = 1; } ])
  (C [ { options.a = int; config._module.check = false; config.b = 1; } ])
  ((E [ { options.a = int; } ]).extendModules { modules = [ { a = 3; } ]; }).config
  (O [ { options.a = int; } ])._module.args.value.moduleType.name
  # Free forms and submodules.
  (C [ { freeformType = types.attrsOf types.int; options.a = int; config.z = 3; } ])
  (C [ { freeformType = types.attrsOf types.int; options.a = int; config.z = "s"; } ])
  (C [ { options.a = o (types.attrsOf (types.submodule { options.x = int; })) { }; a.p = { }; a.q.x = 3; } ])
  (C [ { options.a = o (types.attrsOf (types.submodule { options.x = int; })) { }; config = { a.p = { }; a.q.x = 3; }; } ])
  (C [ { options.a = o (types.attrsOf (types.submodule { options.x = int; })) { }; config = { a.p = { }; a.q.y = 3; }; } ])
  (C [ { options.a = o (types.attrsOf (types.submodule ({ name, config, ... }: { options.x = o types.str name; options.y = o types.str "${config.x}-y"; }))) { }; config = { a.p = { }; a.q.x = "r"; }; } { a.p = mkIf true { y = mkForce "z"; }; } ])
  (C [ { options.a = o (types.lazyAttrsOf types.int) { }; config = { a.p = mkIf false 3; a.q = 4; }; } ])
  (C [ { options.a = o (types.attrsOf types.int) { }; config = { a.p = mkIf false 3; a.q = 4; }; } ])
  (C [ { options.a = o (types.submodule { options.x = int; }) { }; } { options.a = mkOption { type = types.submodule { options.y = int; }; }; } ])
  (C [ { options.a = mkOption { default = { }; type = types.submodule { options.x = int; }; }; } { options.a.y = int; } ])
  (C [ { options.a = o (types.submodule { imports = [ { options.x = int; } ]; freeformType = types.attrsOf types.int; }) { }; } { a.k = 4; } ])
  (C [ { options.a = o (types.submoduleWith { modules = [ ({ z, ... }: { options.x = o types.int z; }) ]; specialArgs.z = 9; }) { }; } ])
  (C [ { options.a = o (types.submodule { options.b = o (types.attrsOf (types.submodule { options.c = o types.int "bad"; })) { }; }) { }; } { a.b.k = { }; } ])
  (C [ { options.a = o (types.submodule { options.b = o (types.attrsOf (types.submodule { options.c = mkOption { type = types.int; }; })) { }; }) { }; } { a.b.k = { }; } ])
  (C [ { options.a = o (types.submodule { options.b = o (types.attrsOf (types.submodule { options.c = o types.int (throw "deep"); })) { }; }) { }; } { a.b.k = { }; } ])
  (show (O [ { _file = "s.nix"; options.a = o (types.submodule { options.x = int; }) { }; } ]).a)
  (map show (attrValues (removeAttrs ((types.submodule { options.x = int; }).getSubOptions [ "z" ]) [ "_module" ])))
  (C [ { options.a = o (types.listOf (types.submodule { options.x = int; })) [ ]; } { a = [ { } { x = 2; } (mkIf false { x = 3; }) ]; } ])
  # Types.
  (C [ { options.a = o (types.nullOr types.int) null; } { a = null; } ])
  (C [ { options.a = o (types.nullOr types.int) null; } { a = null; } { a = 2; } ])
  (C [ { options.a = o (types.nullOr types.int) null; } { a = mkDefault 2; } ])
  (C [ { options.a = o (types.either types.int types.str) 1; } { a = "s"; } ])
  (C [ { options.a = o (types.oneOf [ types.int types.str types.bool ]) 1; } { a = [ ]; } ])
  (C [ { options.a = o (types.enum [ "x" "y" ]) "x"; } { a = "z"; } ])
  (C [ { options.a = o types.lines ""; } { a = "q"; } { a = mkBefore "r"; } ])
  (C [ { options.a = o (types.separatedString ":") ""; } { a = "q"; } { a = "r"; } ])
  ((C [ { options.a = o (types.functionTo types.int) (x: x); } ]).a 3)
  (C [ { options.a = o (types.coercedTo types.int toString types.str) 1; } ])
  (C [ { options.a = o (types.uniq types.int) 1; } { a = 1; } { a = 2; } ])
  (C [ { options.a = o types.raw 1; } { a = 1; } { a = 2; } ])
  (C [ { options.a = o types.anything { x = 1; }; } { a.y = 2; } { a.x = 3; } ])
  (C [ { options.a = o (types.attrTag { b = int; c = o types.str "x"; }) { b = 2; }; } ])
  (C [ { options.a = o types.deferredModule { }; } ])
  # The functions themselves.
  (M types.int [ (D 1) ])
  (M types.int [ (D (mkForce 1)) (D 2) ])
  (M types.int [ ])
  (M types.int [ ]).optionalValue
  (M types.int [ ]).isDefined
  (M types.int [ (D (throw "x")) ]).isDefined
  (M types.int [ (D (mkDefault (throw "x"))) ]).highestPrio
  (M types.int [ (D (mkDefault (throw "x"))) ]).isDefined
  (tryEval (M types.int [ (D (mkDefault (throw "x"))) ]).isDefined)
  (map attrNames (M types.int [ (D 1 // { extra = 2; }) (D (mkForce 1) // { extra = 2; }) ]).defsFinal)
  (M types.int [ (D { _type = "definition"; file = "z"; value = 3; }) ]).defsFinal
  (M types.int [ (D { _type = 3; }) ]).defsFinal
  (M types.int [ (D (mkIf 3 4)) ]).defsFinal
  (M types.int [ (D (mkMerge 4)) ]).defsFinal
  (M types.int [ (D (mkOverride "s" 4)) ]).defsFinal
  (M types.int [ (D (mkOverride 1.5 4)) ]).highestPrio
  (M types.int [ (D (mkOverride 100000 4)) ]).highestPrio
  (M types.int [ (D (mkOverride 100000 4)) ]).isDefined
  (M types.int 4).defsFinal
  (M types.int [ 4 ]).defsFinal
  (M types.int [ { value = 4; } ]).mergedValue
  (M types.int [ { value = 4; } ]).isDefined
  (M types.int [ { file = throw "file"; value = 4; } ]).mergedValue
  (M 5 [ (D 4) ]).mergedValue
  (M (types.int // { check = x: "y"; }) [ (D 4) ]).mergedValue
  (M (types.int // { check = x: throw "y"; }) [ (D 4) ]).mergedValue
  (M (types.int // { merge = x: throw "y"; }) [ (D 4) ]).mergedValue
  (at (M types.int [ ]))
  (at (M types.int [ (D 1) ]).optionalValue)
  (at (M types.int [ ]).defsFinal')
  (map at (M types.int [ (D 1) (D (mkOverride 100 2)) ]).defsFinal)
  (attrNames (lib.modules.mergeModules [ ] [ { _file = "f"; options = { a = int; b.c = int; }; config = { a = 2; d = 3; b.e = 3; }; } ]).matchedOptions)
  (lib.modules.mergeModules [ "p" ] [ { _file = "f"; options = { a = int; b.c = int; }; config = { a = 2; d = 3; b.e = 3; }; } ]).unmatchedDefns
  (at (lib.modules.mergeModules [ "p" ] [ ]))
  (lib.modules.mergeModules [ "p" ] [ ])
  (lib.modules.mergeModules [ "p" ] [ { _file = "f"; options = { }; } ]).matchedOptions
  (lib.modules.mergeModules [ "p" ] [ { _file = "f"; options = { }; } ]).unmatchedDefns
  (lib.modules.mergeModules' [ ] [ { _file = "f"; options = throw "options"; } ] [ ]).unmatchedDefns
  (lib.modules.mergeModules' [ ] [ { _file = "f"; options = { }; } ] 3).unmatchedDefns
  (attrNames (lib.modules.mergeModules' [ ] [ { _file = "f"; options.a = throw "a"; } ] [ ]).matchedOptions)
  (show (lib.modules.mergeModules [ "p" ] [ { _file = "f"; options = { a = int; b.c = int; }; config = { a = 2; d = 3; b.c = 3; }; } ]).matchedOptions.b.c)
  (lib.modules.mergeModules (throw "prefix") [ { _file = "f"; options.a = int; config.a = 2; } ]).matchedOptions.a.value
  (lib.modules.mergeModules (throw "prefix") [ { _file = "f"; options.a = int; config.a = 2; } ]).matchedOptions.a.loc
  (lib.modules.mergeModules [ ] [ { _file = throw "file"; options.a = int; config.a = 2; } ]).matchedOptions.a.value
  (show (lib.modules.evalOptionValue [ "x" "y" ] (int // { declarations = [ "d" ]; declarationPositions = [ ]; loc = [ ]; options = [ ]; }) [ (D 4) ]))
  (show (lib.modules.evalOptionValue [ "x" "y" ] (int // { declarations = [ ]; declarationPositions = [ ]; loc = [ ]; options = [ ]; }) [ (D 4) ]))
  (show (lib.modules.evalOptionValue [ "x" "y" ] (int // { declarations = [ ]; declarationPositions = [ ]; loc = [ ]; options = [ ]; }) [ ]))
  (lib.modules.evalOptionValue [ "x" "y" ] int [ ]).value
  (lib.modules.evalOptionValue [ "x" "y" ] (o (types.loaOf types.int) { }) [ ]).value
  (lib.modules.evalOptionValue [ "x" ] 3 [ ]).value
  (map lib.isOption [ int types.int { _type = 3; } { } 3 null [ ] (x: x) ])
  (lib.isOption (throw "x"))
  (lib.isOption { _type = throw "x"; })
  # Laziness, cells and errors.
  (C [ { options.a = o types.int (throw "d"); } ])
  (C [ { options.a = mkOption { type = types.attrsOf types.int; default = { x = throw "d"; y = 1; }; }; } ])
  (C [ { options.a = mkOption { type = types.attrsOf types.int; default = { x = throw "d"; y = 1; }; }; } ]).a.y
  (C [ { options.a = mkOption { type = types.lazyAttrsOf types.int; default = { x = throw "d"; y = 1; }; }; } ]).a.y
  (let f = x: x; in (C [ { options.a = o types.raw f; } ]).a == f)
  (let f = x: x; in [ (C [ { options.a = o types.raw f; } ]).a ] == [ f ])
  (let f = x: x; in [ (C [ { options.a = o types.raw 1; } { a = f; } ]).a ] == [ f ])
  (let f = x: x; in [ (C [ { options.a = o types.raw 1; } { a = mkForce f; } ]).a ] == [ f ])
  (let f = x: x; in [ (C [ { options.a = o types.raw 1; } { config = mkIf true { a = f; }; } ]).a ] == [ f ])
  (let f = x: x; in (O [ { options.a = o types.raw 1; } { a = f; } ]).a.definitions == [ f ])
  (let f = x: x; in map (d: { inherit (d) value; }) (O [ { options.a = o types.raw 1; } { a = f; } ]).a.definitionsWithLocations == [ { value = f; } ])
  (let f = [ (x: x) ]; in map (d: { inherit (d) value; }) (O [ { options.a = o types.raw 1; } { a = mkIf true f; } ]).a.definitionsWithLocations == [ { value = f; } ])
  (let f = x: x; in map (d: { inherit (d) value; }) (O [ { options.a = o types.raw f; } ]).a.definitionsWithLocations == [ { value = f; } ])
  (let f = x: x; in map (d: { inherit (d) value; }) (M types.raw [ (D f) ]).defsFinal == [ { value = f; } ])
  (let f = x: x; in { inherit ((lib.modules.mergeModules [ ] [ { _file = "f"; options.a = o types.raw f; config.a = f; } ]).matchedOptions.a) value; } == { value = f; })
  (let f = x: x; in map (m: m.config) (lib.modules.collectModules null "" [ { inherit f; } ] { }) == [ { inherit f; } ])
  (let f = x: x; in map (m: { inherit (m) options; }) (lib.modules.collectModules null "" [ { options = f; } ] { }) == [ { options = f; } ])
  (let c = C [ { options.a = int; options.b = int; } ]; in [ c c.a c ])
  (let o = O [ { options.a = int; options.b = int; } ]; in [ (o.a.loc) (o.a.loc) o.a.declarations o.a.declarations o.a.files o.a.definitions o.b.loc ])
  (C [ { options.a = int; } { a = abort "z"; } ])
  (C [ { options.a = int; } { a = { }.b; } ])
  (C [ { options.a = int; } { a = assert false; 1; } ])
  (tryEval (C [ { options.a = int; } { a = assert false; 1; } ]).a)
  (map (x: (tryEval x).success) (let c = C [ { options.a = int; options.b = int; } { a = throw "z"; b = 2; } ]; in [ c.a c.a c.b ]))
  (C [ { options.a = o types.int (builtins.addErrorContext "here" (throw "there")); } ])
  # Whoever puts another function in place of one of the library's gets what that gives.
  ((extended (prev: { min = a: b: 1500; })).evalModules { modules = [ { options.a = int; } { a = 2; } ]; }).config
  ((extended (prev: { options = prev.options // { isOption = x: true; }; })).evalModules { modules = [ { options.a = int; } { a = 2; } ]; }).config
  ((extended (prev: { warnIf = c: m: x: x // { extra = 77; }; })).modules.evalOptionValue [ ] (int // { declarations = [ "f" ]; }) [ ]).extra
  ((extended (prev: { mapAttrsToList = f: s: [ ]; })).evalModules { modules = [ { options.a = int; } { b = 2; } ]; }).config
  ((extended (prev: { imap1 = f: xs: map (f 9) xs; })).evalModules { modules = [ { options.a = int; } { a = 2; } ]; }).config
  ((extended (prev: { isFunction = x: throw "no"; })).evalModules { modules = [ { options.a = int; } { a = 2; } ]; }).config
]
