# lib.modules
{ lib, manual, known, throws }:
let
  m = lib.modules;
  inherit (lib) mkOption types;
  eval = modules: lib.evalModules { inherit modules; };
  config = modules: (eval modules).config;
  int = mkOption { type = types.int; default = 0; };
  ints = mkOption { type = types.listOf types.int; default = [ ]; };
  file = name: ./files/modules + "/${name}.nix";
in
{
  "modules.evalModules" = [
    (manual (config [ { options.foo = mkOption { type = types.str; default = "x"; }; } ]) { foo = "x"; })
    (known (builtins.attrNames (eval [ ])) [ "_module" "_type" "class" "config" "extendModules" "options" "type" ])
    (known (eval [ ])._type "configuration")
    # Order: what is imported comes first, the last module of a list first.
    (known (config [ { options.a = ints; } { a = [ 1 ]; } { a = [ 2 ]; } ]).a [ 2 1 ])
    (known (config [ { options.a = ints; imports = [ { a = [ 1 ]; } { a = [ 2 ]; } ]; config.a = [ 3 ]; } { a = [ 4 ]; } ]).a [ 2 1 4 3 ])
    (known (config [ { options.a = ints; } { imports = [ { imports = [ { a = [ 1 ]; } ]; a = [ 2 ]; } ]; a = [ 3 ]; } ]).a [ 1 2 3 ])
    # Modules: files, functions, sets; functors; keys.
    (known (config [ (file "declares") (file "defines") ]).fromFile 7)
    (known (config [ (toString (file "declares")) { fromFile = 3; } ]).fromFile 3)
    (known (config [ (file "declares") (file "declares") { fromFile = 3; } ]).fromFile 3)
    (known (config [ ({ lib, ... }: { options.a = lib.mkOption { default = 1; }; }) ]).a 1)
    (known (config [ { __functor = _: { lib, ... }: { options.a = lib.mkOption { default = 1; }; }; } ]).a 1)
    (known (config [ { options.a = ints; } { key = "k"; a = [ 1 ]; } { key = "k"; a = [ 1 ]; } ]).a [ 1 ])
    (known (config [ { options.a = int; } { require = [ { a = 1; } ]; } ]).a 1)
    (throws (config [ [ { } ] ]))
    (throws (config [ (mkOption { }) ]))
    (throws (config [ (eval [ ]) ]))
    (throws (config [ { options.a = int; a = 1; } ]))
    # Arguments.
    (known (config [ ({ config, ... }: { options = { a = int; b = int; }; config.b = config.a + 1; }) { a = 4; } ]).b 5)
    (known (config [ ({ options, ... }: { options.a = int; options.b = mkOption { }; config.b = options.a.isDefined; }) ]).b true)
    (known (lib.evalModules { specialArgs.x = 5; modules = [ ({ x, ... }: { options.a = mkOption { default = x; }; }) ]; }).config.a 5)
    (known (lib.evalModules { specialArgs.x = { a = 5; }; modules = [ ({ x, ... }: { imports = [ { options.b = mkOption { default = x.a; }; } ]; }) ]; }).config.b 5)
    (known (config [ ({ x, ... }: { options.a = mkOption { default = x; }; }) { _module.args.x = 6; } ]).a 6)
    (known (config [ ({ x, ... }: { options.a = mkOption { default = x; }; }) { _module.args.x = lib.mkDefault 6; } { _module.args.x = 7; } ]).a 7)
    (known (config [ ({ x ? 1, ... }: { options.a = mkOption { default = 8; }; }) ]).a 8)
    (known (config [ (args: { options.a = mkOption { default = builtins.attrNames (builtins.intersectAttrs { config = 0; lib = 0; options = 0; specialArgs = 0; _class = 0; _prefix = 0; x = 0; } args); }; }) ]).a [ "_class" "_prefix" "config" "lib" "options" "specialArgs" ])
    # Undeclared, freeform.
    (throws (config [ { a = 1; } ]))
    (throws (config [ { options.a.b = int; } { a.c = 1; } ]))
    (known (config [ { config._module.check = false; options.a = int; } { b = 1; } ]) { a = 0; })
    (known (config [ { freeformType = types.attrsOf types.int; options.a = int; } { b = 1; } ]) { a = 0; b = 1; })
    (known (config [ { freeformType = types.attrsOf (types.attrsOf types.int); options.a.x = int; } { a.y = 2; b.z = 3; } ]) { a = { x = 0; y = 2; }; b.z = 3; })
    (known (config [ { config._module.freeformType = types.attrsOf types.str; } { b = "x"; } ]) { b = "x"; })
    (throws (config [ { freeformType = types.attrsOf types.int; } { b = "x"; } ]))
    # Options.
    (throws (config [ { options.a = mkOption { type = types.int; }; } ]).a)
    (throws (config [ { options.a = int; } { a = "x"; } ]).a)
    (throws (config [ { options.a = int; } { a = 1; } { a = 2; } ]).a)
    (known (config [ { options.a = mkOption { type = types.int; apply = x: x * 2; }; } { a = 4; } ]).a 8)
    (throws (config [ { options.a = mkOption { readOnly = true; default = 1; }; } { a = 1; } ]).a)
    (known (config [ { options.a = mkOption { readOnly = true; }; } { a = 1; } ]).a 1)
    (throws (config [ { options.a.b = int; } { a = 1; } ]))
    (throws (config [ { options.a = types.int; } ]))
    (throws (config [ { options = 1; } ]))
    (throws (config [ { options.a = int; } { options.a.b = int; } ]).a)
    (throws (config [ { options.a = mkOption { default = 1; }; } { options.a = mkOption { default = 2; }; } ]).a)
    (throws (config [ { options.a = mkOption { description = "x"; }; } { options.a = mkOption { description = "y"; }; } ]).a)
    (known (config [ { options.a = mkOption { type = types.int; }; } { options.a = mkOption { default = 2; }; } ]).a 2)
    (throws (config [ { options.a = mkOption { type = types.int; default = 1; }; } { options.a = mkOption { type = types.str; }; } ]).a)
    (known (config [ { options.a = mkOption { type = types.submodule { options.x = int; }; default = { }; }; } { options.a.y = int; } { a.y = 3; } ]).a { x = 0; y = 3; })
    # disabledModules
    (known (config [ { options.a = ints; } { key = "k"; imports = [ { a = [ 1 ]; } ]; a = [ 2 ]; } { disabledModules = [ { key = "k"; } ]; } ]).a [ ])
    (known (config [ { options.fromFile = int; } (file "defines") { disabledModules = [ (file "defines") ]; } ]).fromFile 0)
    (known (config [ { options.fromFile = int; } (file "defines") { disabledModules = [ (toString (file "defines")) ]; } ]).fromFile 0)
    (known (lib.evalModules { specialArgs.modulesPath = toString ./files; modules = [ { options.fromFile = int; } (file "defines") { disabledModules = [ "modules/defines.nix" ]; } ]; }).config.fromFile 0)
    (throws (config [ { disabledModules = [ { a = 1; } ]; } ]))
    # Classes.
    (known (lib.evalModules { class = "nixos"; modules = [ { _class = "nixos"; } ]; }).class "nixos")
    (throws (lib.evalModules { class = "nixos"; modules = [ { _class = "darwin"; } ]; }).config)
    (known (lib.evalModules { modules = [ { _class = "darwin"; } ]; }).config { })
    # What options say of themselves.
    (known (let x = (eval [ { _file = "d"; options.a = int; } { _file = "f"; a = lib.mkForce 1; } ]).options.a; in [ x.value x.isDefined x.highestPrio x.definitions x.files x.definitionsWithLocations x.declarations x.loc (toString x) x.default ]) [ 1 true 50 [ 1 ] [ "f" ] [ { file = "f"; value = 1; } ] [ "d" ] [ "a" ] "a" 0 ])
    (known (let x = (eval [ { options.a = int; } ]).options.a; in [ x.isDefined x.highestPrio x.definitions ]) [ true 1500 [ 0 ] ])
    (known (let x = (eval [ { options.a = mkOption { }; } ]).options.a; in [ x.isDefined x.highestPrio x.definitions ]) [ false 9999 [ ] ])
    (known (let x = (eval [ { options.a = mkOption { }; } { a = lib.mkIf false 1; } ]).options.a; in x.isDefined) false)
    # Extension.
    (known ((eval [ { options.a = int; } ]).extendModules { modules = [ { a = 4; } ]; }).config.a 4)
    (known ((eval [ ({ x, ... }: { options.a = mkOption { default = x; }; }) ]).extendModules { specialArgs.x = 4; }).config.a 4)
    (known (config [ { options.s = mkOption { type = (eval [ { options.a = int; } ]).type; default = { }; }; } ]).s { a = 0; })
    (known (eval [ { options.a = int; } ])._module.check true)
    (known (lib.evalModules { prefix = [ "p" ]; modules = [ { options.a = int; } ]; }).options.a.loc [ "p" "a" ])
    (known (lib.evalModules { modules = [ { options.a = int; } { b = 1; } ]; check = false; }).config { a = 0; })
    (known (lib.evalModules { modules = [ ({ x, ... }: { options.a = mkOption { default = x; }; }) ]; args.x = 3; }).config.a 3)
  ];
  "modules.setDefaultModuleLocation" = [ (known (m.setDefaultModuleLocation "f" { a = 1; }) { _file = "f"; imports = [ { a = 1; } ]; }) (known (eval [ { options.a = int; } (m.setDefaultModuleLocation "here" { a = 1; }) ]).options.a.files [ "here" ]) ];
  "modules.importApply" = [ (known (let x = eval [ (m.importApply (file "applied") { n = 5; }) ]; in [ x.config.applied (lib.hasSuffix "applied.nix" (lib.head x.options.applied.declarations)) ]) [ 5 true ]) ];
  "modules.importJSON" = [ (known (let x = m.importJSON ./files/values.json; in [ (lib.hasSuffix "values.json" (toString x._file)) (x.config == lib.importJSON ./files/values.json) ]) [ true true ]) ];
  "modules.importTOML" = [ (known (let x = m.importTOML ./files/values.toml; in [ (lib.hasSuffix "values.toml" (toString x._file)) (x.config == lib.importTOML ./files/values.toml) ]) [ true true ]) ];
  "modules.unifyModuleSyntax" = [ (known (m.unifyModuleSyntax "f" "k" { a = 1; imports = [ 2 ]; }) { _class = null; _file = "f"; key = "k"; disabledModules = [ ]; imports = [ 2 ]; options = { }; config = { a = 1; }; }) (throws (m.unifyModuleSyntax "f" "k" { options = { }; a = 1; })) ];
  "modules.applyModuleArgsIfFunction" = [ (known (m.applyModuleArgsIfFunction "k" ({ x, ... }: x) { config._module.args.x = 3; }) 3) (known (m.applyModuleArgsIfFunction "k" 5 { }) 5) ];
  "modules.applyModuleArgs" = [ (known (m.applyModuleArgs "k" ({ x, ... }: x) { x = 4; config = { }; }) 4) ];
  "modules.collectModules" = [ (known (map (x: x.key) (m.collectModules null "" [ { key = "a"; imports = [ { key = "b"; } ]; } { key = "c"; } ] { })) [ "a" "c" "b" ]) ];
  "modules.mergeModules" = [ (known (let x = m.mergeModules [ ] [ { _file = "f"; options.a = int; config = { a = 3; b = 4; }; } ]; in [ x.matchedOptions.a.value (map (d: { inherit (d) prefix value; }) x.unmatchedDefns) ]) [ 3 [ { prefix = [ "b" ]; value = 4; } ] ]) ];
  "modules.mergeModules'" = [ (known (m.mergeModules' [ ] [ { _file = "f"; options.a = int; } ] [ ]).matchedOptions.a.value 0) ];
  "modules.mergeOptionDecls" = [ (known (let x = m.mergeOptionDecls [ "a" ] [ { _file = "f"; options = mkOption { type = types.int; }; } { _file = "g"; options = mkOption { default = 1; }; } ]; in [ x.declarations x.default x.type.name ]) [ [ "f" "g" ] 1 "int" ]) ];
  "modules.evalOptionValue" = [ (known (m.evalOptionValue [ "a" ] { type = types.int; declarations = [ "f" ]; default = 1; } [ { file = "g"; value = 2; } ]).value 2) ];
  "modules.fixupOptionType" = [ (known (m.fixupOptionType [ "a" ] { }).type.name "unspecified") ];
  "modules.mergeDefinitions" = [ (known (let x = m.mergeDefinitions [ "a" ] types.int [ { file = "f"; value = lib.mkDefault 1; } { file = "g"; value = lib.mkMerge [ (lib.mkIf true 2) (lib.mkIf false 3) ]; } ]; in [ x.mergedValue x.isDefined x.optionalValue x.defsFinal x.highestPrio ]) [ 2 true { value = 2; } [ { file = "g"; value = 2; } ] 100 ]) (known (m.mergeDefinitions [ "a" ] types.int [ ]).optionalValue { }) (known (m.mergeDefinitions [ "a" ] types.int [ ]).isDefined false) ];
  "modules.pushDownProperties" = [ (known (m.pushDownProperties (lib.mkMerge [ { a = 1; } (lib.mkIf true (lib.mkForce { b = 2; })) ])) [ { a = 1; } { b = lib.mkIf true (lib.mkForce 2); } ]) (known (m.pushDownProperties { a = 1; }) [ { a = 1; } ]) ];
  "modules.dischargeProperties" = [ (known (m.dischargeProperties (lib.mkMerge [ 1 (lib.mkIf true 2) (lib.mkIf false 3) (lib.mkMerge [ 4 ]) ])) [ 1 2 4 ]) (known (m.dischargeProperties (lib.mkForce (lib.mkIf true 1))) [ (lib.mkForce (lib.mkIf true 1)) ]) (throws (m.dischargeProperties (lib.mkIf 1 1))) ];
  "modules.filterOverrides" = [ (known (m.filterOverrides [ { value = lib.mkDefault 1; } { value = 2; } { value = lib.mkOverride 100 3; } ]) [ { value = 2; } { value = 3; } ]) ];
  "modules.filterOverrides'" = [ (known (m.filterOverrides' [ { value = lib.mkForce 1; } { value = 2; } ]) { values = [ { value = 1; } ]; highestPrio = 50; }) ];
  "modules.sortProperties" = [ (known (map (x: x.value) (m.sortProperties [ { value = lib.mkAfter 1; } { value = 2; } { value = lib.mkBefore 3; } ])) [ 3 2 1 ]) ];
  "modules.fixMergeModules" = [ (known (m.fixMergeModules [ ({ x, ... }: { options.a = mkOption { default = x; }; }) ] { x = 2; }).config.a 2) ];
}
