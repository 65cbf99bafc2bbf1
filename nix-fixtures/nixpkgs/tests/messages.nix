# Expressions that fail, for what they say: real Nix wrote the messages into `messages.txt`.
{
  lib ? import ../lib,
}:
let
  inherit (lib) mkOption types;
  config = modules: (lib.evalModules { inherit modules; }).config;
  declare = type: {
    _file = "declares.nix";
    options.a = mkOption { inherit type; };
  };
  define = value: {
    _file = "defines.nix";
    config.a = value;
  };
  again = value: {
    _file = "again.nix";
    config.a = value;
  };
  one = type: value: (config [ (declare type) (define value) ]).a;
  two =
    type: first: second:
    (config [ (declare type) (define first) (again second) ]).a;
  sub = types.submodule { options.n = mkOption { type = types.int; }; };
in
{
  unknownOption = config [ (declare types.int) { _file = "f.nix"; b = 1; } ];
  unknownOptionNear = config [ { _file = "d.nix"; options.services.openssh = mkOption { }; } { _file = "f.nix"; services.opnssh = true; } ];
  unknownOptionBelow = config [ { options.a.n = mkOption { }; } { _file = "f.nix"; a.m = "x"; } ];
  unknownInSubmodule = one (types.attrsOf sub) { k = { m = 1; n = 2; }; };
  nothingDeclared = config [ { _file = "f.nix"; a.b = 1; } ];
  nothingDeclaredBelow = one (types.submodule { }) { x = 1; };
  wrongType = one types.int "x";
  wrongTypeLong = one types.int [ 1 2 3 4 5 6 ];
  wrongTypeOfSeveral = two types.str 1 2;
  wrongElement = one (types.listOf types.int) [ 1 "x" ];
  wrongAttribute = one (types.attrsOf types.port) { http = 70000; };
  wrongEnum = one (types.enum [ "a" "b" ]) "c";
  wrongInSubmodule = one sub { n = "x"; };
  conflict = two types.int 1 2;
  conflictOfStrings = two types.str "a" "b";
  conflictOfBools = two types.bool true false;
  unique = two (types.uniq types.int) 1 1;
  uniqueWithMessage = two (types.unique { message = "Only one, please."; } types.int) 1 2;
  nullAndValue = two (types.nullOr types.int) null 1;
  anythingOfTwoTypes = two types.anything 1 "x";
  anythingConflict = two types.anything 1 2;
  noValue = (config [ (declare types.int) ]).a;
  noValueInSubmodule = (one sub { }).n;
  readOnly = (config [ { _file = "d.nix"; options.a = mkOption { readOnly = true; default = 1; }; } (define 2) ]).a;
  cannotMerge = two types.unspecified 1 "x";
  attrTagTwice = two (types.attrTag { x = mkOption { type = types.int; }; y = mkOption { type = types.int; }; }) { x = 1; } { y = 2; };
  attrTagOfType = (types.attrTag { x = types.int; }).nestedTypes.x;
  declaredTwice = (config [ (declare types.int) { _file = "e.nix"; options.a = mkOption { type = types.str; }; } (define 1) ]).a;
  defaultTwice = (config [ { _file = "d.nix"; options.a = mkOption { default = 1; }; } { _file = "e.nix"; options.a = mkOption { default = 2; }; } ]).a;
  parentOfOptions = (config [ (declare types.int) { _file = "e.nix"; options.a.b = mkOption { }; } ]).a;
  notASet = config [ { options.a.b = mkOption { }; } (define 1) ];
  optionsNotASet = config [ { _file = "d.nix"; options.a = 1; } ];
  typeAsOption = config [ { _file = "d.nix"; options.a = types.int; } ];
  unsupportedAttribute = config [ { _file = "f.nix"; key = "k"; options.a = mkOption { }; a = 1; b = 2; } ];
  nestedImports = config [ { _file = "f.nix"; imports = [ [ { } ] ]; } ];
  optionAsModule = config [ { _file = "f.nix"; imports = [ (mkOption { }) ]; } ];
  mergeAsModule = config [ (lib.mkMerge [ ]) ];
  condition = one types.int (lib.mkIf "yes" 1);
  disabledWithoutKey = config [ { _file = "f.nix"; disabledModules = [ { x = 1; } ]; } ];
  wrongClass = (lib.evalModules { class = "nixos"; modules = [ { _class = "darwin"; _file = "f.nix"; } ]; }).config;
  removed = (config [ { options.assertions = mkOption { }; } (lib.mkRemovedOptionModule [ "a" "b" ] "Use c.") ]).a.b;
  hiddenValue = two types.int 1 (throw "the value itself fails");
  missingArgument = (config [ ({ absent, ... }: { options.a = mkOption { default = absent; }; }) ]).a;
  assertMsg = lib.assertMsg false "It is so.";
  assertOneOf = lib.assertOneOf "x" 3 [ 1 2 ];
  checkAssertWarn = lib.asserts.checkAssertWarn [ { assertion = false; message = "one"; } { assertion = false; message = "two"; } ] [ ] 1;
  toInt = lib.toInt "x";
  toIntOctal = lib.toInt "010";
  last = lib.last [ ];
  unionOfDisjoint = (lib.attrsets.unionOfDisjoint { a = 1; b = 1; } { a = 2; b = 3; }).a;
  getAttrFromPath = lib.getAttrFromPath [ "a" "b" ] { };
  fixedWidth = lib.fixedWidthString 1 "0" "22";
  subpath = lib.path.append /a "../b";
  hasPrefixOfString = lib.path.hasPrefix "/a" /a;
  filesetMissing = lib.fileset.toList (lib.fileset.unions [ /container-rebuild-nothing-here ]);
  getExe = lib.getExe' "x" "y";
  callPackage = lib.callPackageWith { helo = 1; } ({ hello }: hello) { };
  toShellVar = lib.toShellVar "0a" "x";
  throwIfNot = lib.throwIfNot false "So it is." 1;
  mkAssert = (lib.mkAssert false "Not so." { }).condition;
  withRecursion = lib.generators.withRecursion { depthLimit = 0; } { a = 1; };
}
