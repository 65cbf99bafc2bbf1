# The module system and its types.
{ lib }:
let
  inherit (lib) mkOption types;
  is = expr: expected: { inherit expr expected; };
  eval = modules: (lib.evalModules { inherit modules; }).config;
  # The value of one option `x` of this type under these definitions.
  x = type: defs: (eval ([ { options.x = mkOption { inherit type; }; } ] ++ map (value: { x = value; }) defs)).x;
  ints = types.listOf types.int;
in
{
  # ---- properties ----
  listOrder = is (x ints [ [ 1 ] [ 2 ] ]) [ 2 1 ]; # What is imported last comes first, as in NixOS.
  before = is (x ints [ (lib.mkAfter [ 3 ]) [ 2 ] (lib.mkBefore [ 1 ]) ]) [ 1 2 3 ];
  order = is (x ints [ (lib.mkOrder 1 [ 1 ]) (lib.mkOrder 0 [ 0 ]) ]) [ 0 1 ];
  force = is (x types.int [ 1 (lib.mkForce 2) (lib.mkDefault 3) ]) 2;
  default = is (x types.int [ (lib.mkDefault 3) (lib.mkOptionDefault 4) ]) 3;
  condition = is (x ints [ (lib.mkIf false [ 1 ]) (lib.mkIf true [ 2 ]) ]) [ 2 ];
  merged = is (x ints [ (lib.mkMerge [ [ 1 ] (lib.mkIf true [ 2 ]) (lib.mkIf false [ 3 ]) ]) ]) [ 1 2 ];
  nested = is (x ints [ (lib.mkIf true (lib.mkForce [ 1 ])) [ 2 ] ]) [ 1 ];
  orderKeepsPriority = is (x ints [ (lib.mkForce (lib.mkAfter [ 2 ])) (lib.mkForce [ 1 ]) [ 9 ] ]) [ 1 2 ];
  forcedSet = is (eval [ { options.a.b = mkOption { type = types.int; }; } { a = lib.mkForce { b = 1; }; } { a.b = 2; } ]).a.b 1;
  conditionOnConfig = is (eval [
    { options.on = mkOption { type = types.bool; default = false; }; options.n = mkOption { type = types.int; default = 0; }; }
    ({ config, ... }: { n = lib.mkIf config.on 1; })
    { on = true; }
  ]).n 1;
  falseConditionIsNotRead = is (eval [ { options.a.b = mkOption { default = 1; }; } { a = lib.mkIf false { b = throw "read"; }; } ]).a.b 1;
  badCondition.fails = x types.int [ (lib.mkIf "yes" 1) ];

  # ---- modules ----
  imports = is (eval [ { imports = [ { n = 5; } ({ lib, ... }: { options.n = lib.mkOption { type = lib.types.int; }; }) ]; } ]).n 5;
  importOnce = is (let m = { key = "k"; l = [ 1 ]; }; in (eval [ { options.l = mkOption { type = ints; }; } m { imports = [ m ]; } ]).l) [ 1 ];
  configAndShorthand.fails = eval [ { options.l = mkOption { type = ints; }; l = [ ]; } ];
  disabledModules = is (eval [ { options.l = mkOption { type = ints; default = [ ]; }; } { key = "k"; imports = [ { l = [ 2 ]; } ]; l = [ 1 ]; } { disabledModules = [ { key = "k"; } ]; } ]).l [ ];
  specialArgs = is (lib.evalModules { specialArgs.word = "w"; modules = [ ({ word, ... }: { options.${word} = mkOption { default = 1; }; }) ]; }).config.w 1;
  moduleArgs = is (eval [ ({ word, ... }: { options.w = mkOption { default = word; }; }) { _module.args.word = "w"; } ]).w "w";
  extendModules = is ((lib.evalModules { modules = [ { options.n = mkOption { default = 1; }; } ]; }).extendModules { modules = [ { n = 2; } ]; }).config.n 2;
  nestedImportList.fails = eval [ { imports = [ [ { } ] ]; } ];
  propertyAsModule = is (eval [ { options.n = mkOption { }; } (lib.mkIf true { n = 1; }) ]).n 1;
  mergeAsModule.fails = eval [ (lib.mkMerge [ { } ]) ];
  checkOff = is (eval [ { _module.check = false; n = 1; } ]) { };
  unknown.fails = eval [ { options.n = mkOption { default = 1; }; } { m = 1; } ];
  unknownBelow.fails = eval [ { options.a.n = mkOption { default = 1; }; } { a.m = 1; } ];
  undefinedOption.fails = x types.int [ ];
  notASet.fails = eval [ { options.a.n = mkOption { default = 1; }; } { a = 1; } ];
  readOnly.fails = (eval [ { options.n = mkOption { readOnly = true; default = 1; }; } { n = 2; } ]).n;
  apply = is (eval [ { options.n = mkOption { type = types.int; apply = n: n + 1; }; } { n = 1; } ]).n 2;
  isDefined = is (let o = (lib.evalModules { modules = [ { options.a = mkOption { }; options.b = mkOption { }; } { a = 1; } ]; }).options; in [ o.a.isDefined o.b.isDefined o.a.files ]) [ true false [ "<unknown-file>" ] ];
  highestPrio = is (lib.evalModules { modules = [ { options.a = mkOption { }; } { a = lib.mkForce 1; } ]; }).options.a.highestPrio 50;
  declaredTwice = is (eval [ { options.e = mkOption { type = types.enum [ "a" ]; }; } { options.e = mkOption { type = types.enum [ "b" ]; }; } { e = "b"; } ]).e "b";
  declaredDifferently.fails = (eval [ { options.e = mkOption { type = types.int; default = 1; }; } { options.e = mkOption { type = types.str; }; } ]).e;
  optionInSubmodule = is (eval [ { options.s = mkOption { type = types.submodule { options.a = mkOption { default = 1; }; }; default = { }; }; } { options.s.b = mkOption { default = 2; }; } ]).s { a = 1; b = 2; };
  renamed = is (eval [ { options.new = mkOption { type = types.int; }; } (lib.mkRenamedOptionModule [ "old" ] [ "new" ]) { old = 3; } ]).new 3;
  renamedPriority = is (eval [ { options.new = mkOption { type = types.int; }; } (lib.mkAliasOptionModule [ "old" ] [ "new" ]) { old = lib.mkForce 3; } { new = 4; } ]).new 3;
  removed = is (map (a: a.assertion) (eval [ { options.assertions = mkOption { type = types.listOf types.unspecified; }; } (lib.mkRemovedOptionModule [ "old" ] "Use new.") { old = 1; } ]).assertions) [ false ];
  freeform = is (eval [ { freeformType = types.attrsOf types.int; options.a = mkOption { type = types.str; default = "a"; }; } { b = 1; } ]) { a = "a"; b = 1; };
  freeformType.fails = eval [ { freeformType = types.attrsOf types.int; } { b = "x"; } ];

  # ---- types ----
  boolConflict.fails = x types.bool [ true false ];
  boolSame = is (x types.bool [ true true ]) true;
  lines = is (x types.lines [ "b" "a" ]) "a\nb";
  strTwice.fails = x types.str [ "a" "b" ];
  strMatching.fails = x (types.strMatching "a+") [ "b" ];
  port = is (x types.port [ 65535 ]) 65535;
  portTooHigh.fails = x types.port [ 65536 ];
  portNegative.fails = x types.port [ (-1) ];
  between.fails = x (types.ints.between 1 3) [ 4 ];
  enum.fails = x (types.enum [ "a" ]) [ "b" ];
  nullOr = is [ (x (types.nullOr types.int) [ null ]) (x (types.nullOr types.int) [ 1 ]) ] [ null 1 ];
  nullAndValue.fails = x (types.nullOr types.int) [ null 1 ];
  either = is (map (v: x (types.either types.int types.str) [ v ]) [ 1 "a" ]) [ 1 "a" ];
  eitherNone.fails = x (types.either types.int types.str) [ true ];
  oneOf = is (x (types.oneOf [ types.int types.str types.bool ]) [ true ]) true;
  path = is (x types.path [ "/a" ]) "/a";
  relativePath.fails = x types.path [ "a" ];
  attrsOf = is (x (types.attrsOf ints) [ { a = [ 1 ]; } { a = [ 2 ]; b = [ 3 ]; } ]) { a = [ 2 1 ]; b = [ 3 ]; };
  attrsOfDropsFalse = is (x (types.attrsOf types.int) [ { a = lib.mkIf false 1; b = 2; } ]) { b = 2; };
  lazyAttrsOf = is (x (types.lazyAttrsOf types.int) [ { a = throw "read"; b = 2; } ]).b 2;
  anything = is (x types.anything [ { a.b = 1; } { a.c = lib.mkIf true "x"; } { a.b = lib.mkForce 2; } ]) { a = { b = 2; c = "x"; }; };
  anythingConflict.fails = x types.anything [ 1 "a" ];
  coerced = is (x (types.coercedTo types.int toString types.str) [ 1 ]) "1";
  listElements.fails = x ints [ [ 1 "a" ] ];
  unique.fails = x (types.uniq ints) [ [ 1 ] [ 2 ] ];
  functionTo = is (x (types.functionTo ints) [ (n: [ n ]) (n: [ (n + 1) ]) ] 1) [ 2 1 ];
  submodule = is (x (types.attrsOf (types.submodule ({ name, ... }: { options.n = mkOption { default = name; }; options.m = mkOption { type = types.int; default = 0; }; }))) [ { a = { }; } { a.m = 1; } ]) { a = { n = "a"; m = 1; }; };
  submoduleUnknown.fails = x (types.submodule { options.a = mkOption { default = 1; }; }) [ { b = 1; } ];
  submoduleFunction = is (x (types.submodule { options.a = mkOption { default = 1; }; options.b = mkOption { default = 1; }; }) [ ({ config, ... }: { b = config.a + 1; }) ]) { a = 1; b = 2; };
  # `config` and `options` are names like others in a submodule that takes configuration only.
  submoduleNames = is (x (types.submodule { options.config = mkOption { type = types.int; }; }) [ { config = 1; } ]) { config = 1; };
  nonEmpty.fails = x (types.nonEmptyListOf types.int) [ [ ] ];
  deferred = is (eval [ { options.m = mkOption { type = types.deferredModule; }; } { m.a = 1; } ({ config, ... }: { options.s = mkOption { type = types.submodule { imports = [ config.m ]; options.a = mkOption { }; }; default = { }; }; }) ]).s.a 1;

  # ---- what people read ----
  showOption = is (lib.options.showOption [ "a" "b.c" "<name>" "[definition 1-entry 1]" ]) ''a."b.c".<name>."[definition 1-entry 1]"'';
  showDefs = is (lib.options.showDefs [ { file = "f"; value = throw "hidden"; } ]) "\n- In `f'";
}
