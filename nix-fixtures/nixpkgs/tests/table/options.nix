# lib.options, lib.properties, lib.moved
{ lib, manual, known, throws }:
let
  o = lib.options;
  inherit (lib) mkOption types;
  eval = modules: lib.evalModules { inherit modules; };
  config = modules: (eval modules).config;
  defs = values: map (value: { file = "f"; inherit value; }) values;
  warnings = { options.warnings = mkOption { type = types.listOf types.str; default = [ ]; }; };
  assertions = { options.assertions = mkOption { type = types.listOf types.unspecified; default = [ ]; }; };
  int = mkOption { type = types.int; default = 0; };
  pkgs = { hello = { type = "derivation"; name = "hello"; outPath = "/hello"; }; py.numpy = { type = "derivation"; name = "numpy"; outPath = "/numpy"; }; };
  ints = mkOption { type = types.listOf types.int; };
in
{
  "options.isOption" = [ (manual (o.isOption 1) false) (manual (o.isOption (mkOption { })) true) ];
  "options.mkOption" = [ (manual (mkOption { }) { _type = "option"; }) (manual (mkOption { default = "foo"; }) { _type = "option"; default = "foo"; }) ];
  "options.mkEnableOption" = [ (manual (removeAttrs (o.mkEnableOption "foo") [ "type" ]) { _type = "option"; default = false; description = "Whether to enable foo."; example = true; }) (known (o.mkEnableOption "foo").type.name "bool") ];
  "options.mkPackageOption" = [
    (manual (let x = o.mkPackageOption pkgs "hello" { }; in [ x.default.name x.defaultText.text x.description x.type.name ]) [ "hello" "pkgs.hello" "The hello package to use." "package" ])
    (manual (let x = o.mkPackageOption pkgs [ "py" "numpy" ] { example = "pkgs.other"; extraDescription = "More."; }; in [ x.default.name x.defaultText.text x.example.text x.description ]) [ "numpy" "pkgs.py.numpy" "pkgs.other" "The numpy package to use. More." ])
    (manual (let x = o.mkPackageOption pkgs "foo" { nullable = true; default = null; pkgsText = "p"; }; in [ x.default x.type.description ]) [ null "null or package" ])
    (known (o.mkPackageOption pkgs "hello" { default = null; } ? default) false)
    (throws (o.mkPackageOption pkgs "absent" { }).default)
    (known (o.mkPackageOption pkgs "x" { default = "hello"; example = [ "a" "b" ]; }).example.text "pkgs.a.b")
  ];
  "options.mkPackageOptionMD" = [ (known (o.mkPackageOptionMD pkgs "hello" { }).default.name "hello") ];
  "options.mkSinkUndeclaredOptions" = [ (known (let x = o.mkSinkUndeclaredOptions { }; in [ x.internal x.visible x.default ]) [ true false false ]) ];
  "options.literalExpression" = [ (known (o.literalExpression "x") { _type = "literalExpression"; text = "x"; }) ];
  "options.literalExample" = [ (known (o.literalExample "x").text "x") ];
  "options.literalCode" = [ (known (o.literalCode "python" "print(1)") { _type = "literalMD"; text = "```python\nprint(1)\n```\n"; }) ];
  "options.literalMD" = [ (known (o.literalMD "x") { _type = "literalMD"; text = "x"; }) ];
  "options.mdDoc" = [ (known (o.mdDoc "x") "x") ];
  "options.mergeDefaultOption" = [
    (known (map (x: o.mergeDefaultOption [ "a" ] (defs x)) [ [ 1 ] [ [ 1 ] [ 2 ] ] [ { a = 1; } { b = 2; } ] [ true false ] [ "a" "b" ] [ 3 3 ] ]) [ 1 [ 1 2 ] { a = 1; b = 2; } true "ab" 3 ])
    (throws (o.mergeDefaultOption [ "a" ] (defs [ 1 "a" ])))
    (throws (o.mergeDefaultOption [ "a" ] (defs [ 1 2 ])))
  ];
  "options.mergeOneOption" = [ (known (o.mergeOneOption [ "a" ] (defs [ 1 ])) 1) (throws (o.mergeOneOption [ "a" ] (defs [ 1 1 ]))) ];
  "options.mergeUniqueOption" = [ (known (o.mergeUniqueOption { message = "m"; merge = _: d: (lib.head d).value + 1; } [ "a" ] (defs [ 1 ])) 2) (throws (o.mergeUniqueOption { message = "m"; } [ "a" ] (defs [ 1 2 ]))) ];
  "options.mergeEqualOption" = [ (known (o.mergeEqualOption [ "a" ] (defs [ 1 1 ])) 1) (throws (o.mergeEqualOption [ "a" ] (defs [ 1 2 ]))) ];
  "options.getValues" = [ (manual (o.getValues [ { value = 1; } { value = 2; } ]) [ 1 2 ]) ];
  "options.getFiles" = [ (manual (o.getFiles [ { file = "file1"; } { file = "file2"; } ]) [ "file1" "file2" ]) ];
  "options.unknownModule" = [ (known o.unknownModule "<unknown-file>") ];
  "options.showOption" = [ (manual (o.showOption [ "foo" "bar" "baz" ]) "foo.bar.baz") (manual (o.showOption [ "foo" "bar.baz" "tux" ]) "foo.\"bar.baz\".tux") (manual (o.showOption [ "windowManager" "2bwm" "enable" ]) "windowManager.\"2bwm\".enable") (manual (o.showOption [ "foo" "<name>" "bar" "*" "<function body>" ]) "foo.<name>.bar.*.<function body>") (known (o.showOption [ "a" "[definition 1-entry 2]" ]) "a.\"[definition 1-entry 2]\"") ];
  "options.showFiles" = [ (known (o.showFiles [ "a" "b" ]) "`a' and `b'") ];
  "options.showDefs" = [
    (known (o.showDefs (defs [ 1 "a" ])) "\n- In `f': 1\n- In `f': \"a\"")
    (known (o.showDefs (defs [ (throw "hidden") ])) "\n- In `f'")
  ];
  "options.showOptionWithDefLocs" = [ (known (o.showOptionWithDefLocs { loc = [ "x" "y" ]; files = [ "foo.nix" "bar.nix" ]; }) "x.y, with values defined in:\n  - foo.nix\n  - bar.nix\n") ];
  "options.optionAttrSetToDocList" = [ (known (map (x: x.name) (lib.filter (x: x.visible && !x.internal) (o.optionAttrSetToDocList (eval [ { options.a.b = mkOption { type = types.attrsOf (types.submodule { options.c = mkOption { type = types.int; default = 1; }; }); }; } ]).options))) [ "_module.args" "a.b" "a.b.<name>.c" ]) ];
  "options.optionAttrSetToDocList'" = [ (known (map (x: x.name) (o.optionAttrSetToDocList' [ ] { a = mkOption { type = types.int; } // { loc = [ "a" ]; declarations = [ ]; }; })) [ "a" ]) ];
  "options.scrubOptionValue" = [ (known (o.scrubOptionValue { a = [ pkgs.hello 1 ]; _args = 1; }) { a = [ { type = "derivation"; drvPath = "hello"; name = "hello"; outPath = "hello"; } 1 ]; }) ];
  "options.renderOptionValue" = [ (known (o.renderOptionValue [ 1 ]).text "[\n  1\n]") (known (o.renderOptionValue (o.literalMD "x")) { _type = "literalMD"; text = "x"; }) ];

  "properties.mkIf" = [ (known (lib.mkIf true 1) { _type = "if"; condition = true; content = 1; }) (known (config [ { options.a = ints; } { a = lib.mkIf false [ 1 ]; } { a = lib.mkIf true [ 2 ]; } ]).a [ 2 ]) (known (config [ { options.a.b = int; } { a = lib.mkIf true { b = 3; }; } ]).a.b 3) (known (config [ { options.a.b = int; } (lib.mkIf true { a.b = 3; }) ]).a.b 3) (throws (config [ { options.a = int; } { a = lib.mkIf "x" 1; } ]).a) ];
  "properties.mkMerge" = [ (known (lib.mkMerge [ 1 ]) { _type = "merge"; contents = [ 1 ]; }) (known (config [ { options.a = ints; } { a = lib.mkMerge [ [ 1 ] (lib.mkIf false [ 2 ]) [ 3 ] ]; } ]).a [ 1 3 ]) (known (config [ { options = { a = int; b = int; }; } { config = lib.mkMerge [ { a = 1; } { b = 2; } ]; } ]) { a = 1; b = 2; }) ];
  "properties.mkOverride" = [ (known (lib.mkOverride 5 1) { _type = "override"; priority = 5; content = 1; }) (known (config [ { options.a = int; } { a = lib.mkOverride 70 1; } { a = lib.mkOverride 60 2; } ]).a 2) ];
  "properties.mkOptionDefault" = [ (known (lib.mkOptionDefault 1).priority 1500) ];
  "properties.mkDefault" = [ (known (lib.mkDefault 1).priority 1000) (known (config [ { options.a = int; } { a = lib.mkDefault 1; } { a = 2; } ]).a 2) (throws (config [ { options.a = int; } { a = lib.mkDefault 1; } { a = lib.mkDefault 2; } ]).a) ];
  "properties.mkImageMediaOverride" = [ (known (lib.mkImageMediaOverride 1).priority 60) ];
  "properties.mkForce" = [ (known (lib.mkForce 1).priority 50) (known (config [ { options.a = ints; } { a = [ 1 ]; } { a = lib.mkForce [ 2 ]; } ]).a [ 2 ]) (known (config [ { options.a.b = int; options.a.c = int; } { a = lib.mkForce { b = 2; }; } { a.b = 3; a.c = 4; } ]).a { b = 2; c = 4; }) ];
  "properties.mkVMOverride" = [ (known (lib.mkVMOverride 1).priority 10) ];
  "properties.mkOrder" = [ (known (lib.mkOrder 5 1) { _type = "order"; priority = 5; content = 1; }) (known (config [ { options.a = ints; } { a = lib.mkOrder 2 [ 2 ]; } { a = lib.mkOrder 1 [ 1 ]; } { a = [ 3 ]; } ]).a [ 1 2 3 ]) ];
  "properties.mapDefinitionValue" = [
    (known (map (lib.modules.mapDefinitionValue (y: y + 1)) [ 5 (lib.mkForce 5) (lib.mkMerge [ 1 (lib.mkIf true 2) ]) (lib.mkDefinition { file = "f"; value = 1; }) (lib.mkOrder 500 (lib.mkDefault 1)) ]) [ 6 (lib.mkForce 6) (lib.mkMerge [ 2 (lib.mkIf true 3) ]) { _type = "definition"; file = "f"; value = 2; } (lib.mkOrder 500 (lib.mkDefault 2)) ])
    (known (lib.modules.mapDefinitionValue builtins.attrNames { _type = "other"; a = 1; }) [ "_type" "a" ])
  ];
  "properties.mergeAttrDefinitionsWithPrio" = [
    (known (lib.modules.mergeAttrDefinitionsWithPrio (lib.evalModules { modules = [ { options.a = lib.mkOption { type = lib.types.attrsOf lib.types.int; }; } { a.x = lib.mkDefault 1; } { a = lib.mkIf true { x = 2; y = lib.mkForce 3; }; } ]; }).options.a) { x = { highestPrio = 100; value = 2; }; y = { highestPrio = 50; value = 3; }; })
    (throws (lib.modules.mergeAttrDefinitionsWithPrio (lib.evalModules { modules = [ { options.a = lib.mkOption { type = lib.types.int; }; } { a = 1; } ]; }).options.a))
  ];
  "properties.mkBefore" = [ (known (lib.mkBefore 1).priority 500) (known (config [ { options.a = ints; } { a = lib.mkAfter [ 3 ]; } { a = [ 2 ]; } { a = lib.mkBefore [ 1 ]; } ]).a [ 1 2 3 ]) ];
  "properties.mkAfter" = [ (known (lib.mkAfter 1).priority 1500) (known (config [ { options.a = ints; } { a = lib.mkForce (lib.mkAfter [ 3 ]); } { a = lib.mkForce [ 1 ]; } { a = [ 9 ]; } ]).a [ 1 3 ]) ];
  "properties.defaultOverridePriority" = [ (known lib.properties.defaultOverridePriority 100) ];
  "properties.defaultOrderPriority" = [ (known lib.properties.defaultOrderPriority 1000) ];
  "properties.defaultPriority" = [ (known lib.modules.defaultPriority 100) ];
  "properties.mkAssert" = [ (known (lib.mkAssert true "m" 1).content 1) (throws (lib.mkAssert false "m" 1).condition) ];
  "properties.mkDefinition" = [ (known (lib.mkDefinition { file = "f"; value = 1; }) { _type = "definition"; file = "f"; value = 1; }) (known (eval [ { options.a = int; } { a = lib.mkDefinition { file = "here"; value = 1; }; } ]).options.a.files [ "here" ]) ];
  "properties.mkAliasDefinitions" = [ (known (config [ { options = { a = int; b = int; }; } ({ options, ... }: { a = lib.mkAliasDefinitions options.b; b = 5; }) ]).a 5) ];
  "properties.mkAliasAndWrapDefinitions" = [ (known (config [ { options = { a = ints; b = ints; }; } ({ options, ... }: { config = lib.mkAliasAndWrapDefinitions (x: { a = x; }) options.b; }) { b = [ 5 ]; a = [ 1 ]; } ]).a [ 1 5 ]) ];
  "properties.mkAliasAndWrapDefsWithPriority" = [ (known (config [ { options = { a = int; b = int; }; } ({ options, ... }: { config = lib.mkAliasAndWrapDefsWithPriority (x: { a = x; }) options.b; }) { b = lib.mkForce 5; a = 1; } ]).a 5) ];
  "properties.mkAliasIfDef" = [ (known (lib.mkAliasIfDef { _type = "option"; isDefined = false; } 1).condition false) ];
  "properties.mkDerivedConfig" = [ (known (config [ { options = { a = int; b = int; }; } ({ options, ... }: { a = lib.mkDerivedConfig options.b (x: x * 2); }) { b = lib.mkForce 5; } { a = 1; } ]).a 10) ];
  "properties.mkFixStrictness" = [ (known (lib.mkFixStrictness 1) 1) ];

  "moved.doRename" = [ (known (config [ { options.b = int; } warnings (lib.doRename { from = [ "a" ]; to = [ "b" ]; visible = true; warn = false; use = x: x + 1; }) { a = 2; } ]) { a = 3; b = 2; warnings = [ ]; }) (known (config [ { options.b = int; } (lib.doRename { from = [ "a" ]; to = [ "b" ]; visible = true; warn = false; use = lib.id; withPriority = false; condition = false; }) { a = 2; } ]).b 0) ];
  "moved.mkRenamedOptionModule" = [ (known (config [ { options.n.b = int; } warnings (lib.mkRenamedOptionModule [ "o" "a" ] [ "n" "b" ]) { _file = "here"; o.a = 2; } ]) { n.b = 2; o.a = 2; warnings = [ "The option `o.a' defined in `here' has been renamed to `n.b'." ]; }) (known (config [ { options.b = int; } (lib.mkRenamedOptionModule [ "a" ] [ "b" ]) { a = lib.mkForce 2; b = 3; } ]).b 2) (known (config [ { options.n = { x = int; y = int; }; } (lib.mkRenamedOptionModule [ "o" ] [ "n" ]) { o.x = 2; } ]).n { x = 2; y = 0; }) ];
  "moved.mkRenamedOptionModuleWith" = [ (known (config [ { options.b = int; } warnings (lib.mkRenamedOptionModuleWith { from = [ "a" ]; to = [ "b" ]; sinceRelease = 2000; }) { _file = "here"; a = 2; } ]).warnings [ "The option `a' defined in `here' has been renamed to `b'." ]) (known (config [ { options.b = int; } warnings (lib.mkRenamedOptionModuleWith { from = [ "a" ]; to = [ "b" ]; sinceRelease = 9999; }) { a = 2; } ]) { a = 2; b = 2; warnings = [ ]; }) ];
  "moved.mkAliasOptionModule" = [ (known (config [ { options.b = int; } (lib.mkAliasOptionModule [ "a" ] [ "b" ]) { a = 2; } ]) { a = 2; b = 2; }) (known (config [ { options.b = int; } (lib.mkAliasOptionModule [ "a" ] [ "b" ]) { b = 2; } ]).a 2) ];
  "moved.mkAliasOptionModuleMD" = [ (known (config [ { options.b = int; } (lib.mkAliasOptionModuleMD [ "a" ] [ "b" ]) { a = 2; } ]).b 2) ];
  "moved.mkRemovedOptionModule" = [ (known (config [ assertions (lib.mkRemovedOptionModule [ "a" ] "Use b.") { _file = "here"; a = 1; } ]).assertions [ { assertion = false; message = "The option definition `a' in `here' no longer has any effect; please remove it.\nUse b.\n"; } ]) (known (map (x: x.assertion) (config [ assertions (lib.mkRemovedOptionModule [ "a" ] "") ]).assertions) [ true ]) (throws (config [ assertions (lib.mkRemovedOptionModule [ "a" ] "Use b.") ]).a) ];
  "moved.mkMergedOptionModule" = [ (known (config [ { options.c = int; } warnings (lib.mkMergedOptionModule [ [ "a" ] [ "b" ] ] [ "c" ] (config: config.a + config.b)) { _file = "here"; a = 1; b = 2; } ]).c 3) (known (config [ { options.c = int; } warnings (lib.mkMergedOptionModule [ [ "a" ] ] [ "c" ] (config: config.a)) ]) { a = "_mkMergedOptionModule"; c = 0; warnings = [ ]; }) ];
  "moved.mkChangedOptionModule" = [ (known (config [ { options.b = mkOption { type = types.str; }; } warnings (lib.mkChangedOptionModule [ "a" ] [ "b" ] (config: toString config.a)) { _file = "here"; a = 1; } ]) { a = 1; b = "1"; warnings = [ "The option `a' defined in `here' has been changed to `b' that has a different type. Please read `b' documentation and update your configuration accordingly." ]; }) ];
}
