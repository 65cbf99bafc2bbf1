# Functions about nothing in particular: combinators, numbers, warnings, functions as values, releases.
{ lib }:
let
  inherit (builtins)
    elemAt
    foldl'
    fromJSON
    fromTOML
    genList
    isFunction
    isInt
    readFile
    stringLength
    substring
    ;
in
{
  inherit (builtins)
    add
    bitAnd
    bitOr
    bitXor
    ceil
    deepSeq
    div
    floor
    genericClosure
    isBool
    isFloat
    isInt
    lessThan
    mul
    pathExists
    readFile
    seq
    sub
    ;

  # Combinators.
  id = x: x;
  const = x: _: x;
  flip = f: a: b: f b a;
  pipe = foldl' (value: f: f value);
  concat = x: y: x ++ y;
  mergeAttrs = x: y: x // y;
  mapNullable = f: a: if a == null then a else f a;
  defaultTo = default: value: if value == null then default else value;

  # Booleans.
  "or" = x: y: x || y;
  and = x: y: x && y;
  xor = x: y: (!x) != (!y);
  boolToString = b: if b then "true" else "false";
  boolToYesNo = b: if b then "yes" else "no";

  # Numbers.
  bitNot = builtins.sub (-1);
  min = x: y: if x < y then x else y;
  max = x: y: if x > y then x else y;
  mod = base: int: base - int * (base / int);
  compare =
    a: b:
    if a < b then
      -1
    else if a > b then
      1
    else
      0;
  # Orders what satisfies `p` before what does not; the two other functions compare within each half.
  splitByAndCompare =
    p: yes: no: a: b:
    if p a then
      if p b then yes a b else -1
    else if p b then
      1
    else
      no a b;

  # The digits of a natural number, most significant first.
  toBaseDigits =
    base: i:
    let
      digits = n: if n < base then [ n ] else digits (n / base) ++ [ (n - base * (n / base)) ];
    in
    assert isInt base;
    assert base >= 2;
    assert isInt i;
    assert i >= 0;
    digits i;
  toHexString =
    i: lib.concatMapStrings (digit: substring digit 1 "0123456789ABCDEF") (lib.trivial.toBaseDigits 16 i);
  fromHexString =
    text:
    let
      parts = builtins.match "(0x)?([0-7]?[0-9A-Fa-f]{1,15})" text;
      digits = elemAt parts 1;
      value = {
        "0" = 0; "1" = 1; "2" = 2; "3" = 3; "4" = 4; "5" = 5; "6" = 6; "7" = 7; "8" = 8; "9" = 9;
        a = 10; b = 11; c = 12; d = 13; e = 14; f = 15;
        A = 10; B = 11; C = 12; D = 13; E = 14; F = 15;
      };
    in
    if parts == null then
      throw "fromHexString: ${lib.escapeNixString text} is not a hexadecimal number of at most 63 bits"
    else
      foldl' (n: i: n * 16 + value.${substring i 1 digits}) 0 (genList (i: i) (stringLength digits));

  # Files of values.
  importJSON = path: fromJSON (readFile path);
  importTOML = path: fromTOML (readFile path);

  # Messages.
  warn = builtins.warn or (message: builtins.trace "evaluation warning: ${message}");
  # As nixpkgs', with the value as an argument: it is the same whether the condition holds or not.
  warnIf = condition: message: value: if condition then lib.trivial.warn message value else value;
  warnIfNot = condition: lib.trivial.warnIf (!condition);
  throwIf = condition: message: if condition then throw message else x: x;
  throwIfNot = condition: message: if condition then x: x else throw message;
  info = message: builtins.trace "INFO: ${message}";
  showWarnings = warnings: result: lib.foldr lib.trivial.warn result warnings;
  checkListOfEnum =
    message: valid: given:
    let
      surplus = lib.subtractLists valid given;
      list = lib.concatMapStringsSep ", " toString;
    in
    lib.trivial.throwIfNot (surplus == [ ]) "${message}: ${list surplus} unexpected; valid ones: ${list valid}";

  # A function may also be a set that does the call (`__functor`) and says which arguments it takes (`__functionArgs`).
  isFunction = f: isFunction f || (f ? __functor && lib.trivial.isFunction (f.__functor f));
  functionArgs =
    f:
    if f ? __functor then f.__functionArgs or (lib.trivial.functionArgs (f.__functor f)) else builtins.functionArgs f;
  setFunctionArgs = f: args: {
    __functor = _: f;
    __functionArgs = args;
  };
  mirrorFunctionArgs =
    f:
    let
      args = lib.trivial.functionArgs f;
    in
    g: lib.trivial.setFunctionArgs g args;
  toFunction = v: if lib.trivial.isFunction v then v else _: v;

  # The release that this library belongs to.
  release = "26.05";
  oldestSupportedRelease = 2511;
  oldestSupportedReleaseIsAtLeast = release: release <= lib.trivial.oldestSupportedRelease;
  isInOldestRelease = lib.trivial.oldestSupportedReleaseIsAtLeast;
  codeName = "Fixture";
  versionSuffix = "";
  version = lib.trivial.release + lib.trivial.versionSuffix;
  nixpkgsVersion = lib.trivial.version;
  revisionWithDefault = default: default;
  # In a shell that `nix-shell` made.
  inNixShell = builtins.getEnv "IN_NIX_SHELL" != "";
  inPureEvalMode = !(builtins ? currentSystem);
}
