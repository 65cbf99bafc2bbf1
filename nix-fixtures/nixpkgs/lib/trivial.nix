# Functions about nothing in particular: combinators, numbers, warnings, functions as values.
{ lib }:
let
  # The digits of a natural number, most significant first.
  digits = base: i: (if i < base then [ ] else digits base (i / base)) ++ [ (i - base * (i / base)) ];
in
rec {
  id = x: x;
  const = x: _: x;
  flip = f: a: b: f b a;
  pipe = builtins.foldl' (x: f: f x);
  concat = x: y: x ++ y;
  "or" = x: y: x || y;
  and = x: y: x && y;
  xor = x: y: x != y;
  defaultTo = default: value: if value == null then default else value;
  mapNullable = f: a: if a == null then null else f a;

  boolToString = b: if b then "true" else "false";
  boolToYesNo = b: if b then "yes" else "no";
  mergeAttrs = x: y: x // y;

  inherit (builtins)
    add
    sub
    lessThan
    seq
    deepSeq
    genericClosure
    isBool
    isFloat
    isInt
    bitAnd
    bitOr
    bitXor
    pathExists
    readFile
    ;
  min = x: y: if x < y then x else y;
  max = x: y: if x > y then x else y;
  mod = base: int: base - int * (base / int);
  compare = a: b: if a < b then -1 else if a > b then 1 else 0;

  toBaseDigits =
    base: i:
    if i < 0 then
      throw "toBaseDigits: ${toString i} is negative"
    else if base < 2 then
      throw "toBaseDigits: ${toString base} is no base"
    else
      digits base i;
  toHexString =
    i: builtins.concatStringsSep "" (map (d: builtins.substring d 1 "0123456789ABCDEF") (toBaseDigits 16 i));
  fromHexString =
    text:
    let
      value = lib.listToAttrs (lib.imap0 (i: c: lib.nameValuePair c i) (lib.stringToCharacters "0123456789abcdef"));
      digit = c: value.${c} or (throw "fromHexString: '${text}' is not hexadecimal");
    in
    builtins.foldl' (n: c: n * 16 + digit c) 0 (lib.stringToCharacters (lib.toLower (lib.removePrefix "0x" text)));

  importJSON = path: builtins.fromJSON (builtins.readFile path);
  importTOML = path: builtins.fromTOML (builtins.readFile path);

  warn = message: builtins.trace "evaluation warning: ${message}";
  warnIf = condition: message: if condition then warn message else id;
  warnIfNot = condition: warnIf (!condition);
  throwIf = condition: message: if condition then throw message else id;
  throwIfNot = condition: throwIf (!condition);
  info = message: builtins.trace "INFO: ${message}";
  showWarnings = warnings: result: builtins.foldl' (r: w: warn w r) result warnings;

  # A function may be a set that says which arguments it takes (`__functionArgs`) and does the call (`__functor`).
  isFunction = f: builtins.isFunction f || (f ? __functor && isFunction (f.__functor f));
  functionArgs = f: if f ? __functor then f.__functionArgs or (functionArgs (f.__functor f)) else builtins.functionArgs f;
  setFunctionArgs = f: args: {
    __functor = _: f;
    __functionArgs = args;
  };
  mirrorFunctionArgs =
    f:
    let
      args = functionArgs f;
    in
    g: if args == { } then g else setFunctionArgs g args;
  toFunction = v: if isFunction v then v else _: v;

  release = "26.05";
  version = release;
  versionSuffix = "";
  codeName = "fixture";
  nixpkgsVersion = version;
  inPureEvalMode = !(builtins ? currentSystem);
  isInOldestRelease = oldestSupportedReleaseIsAtLeast;
  oldestSupportedReleaseIsAtLeast = at: builtins.compareVersions release at >= 0;
  revisionWithDefault = default: default;
}
