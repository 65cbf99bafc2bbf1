# Strings.
{ lib }:
let
  inherit (builtins)
    stringLength
    substring
    concatStringsSep
    replaceStrings
    ;
  lower = lib.stringToCharacters "abcdefghijklmnopqrstuvwxyz";
  upper = lib.stringToCharacters "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
in
rec {
  inherit (builtins)
    compareVersions
    concatStringsSep
    elem
    elemAt
    filter
    fromJSON
    hashString
    head
    isList
    isAttrs
    isPath
    isString
    match
    parseDrvName
    readFile
    replaceStrings
    split
    storeDir
    stringLength
    substring
    tail
    toJSON
    typeOf
    unsafeDiscardStringContext
    ;

  # Joining.
  concatStrings = concatStringsSep "";
  concatMapStrings = f: xs: concatStrings (map f xs);
  concatImapStrings = f: xs: concatStrings (lib.imap1 f xs);
  concatMapStringsSep = sep: f: xs: concatStringsSep sep (map f xs);
  concatImapStringsSep = sep: f: xs: concatStringsSep sep (lib.imap1 f xs);
  concatMapAttrsStringSep = sep: f: set: concatStringsSep sep (lib.mapAttrsToList f set);
  concatLines = concatMapStrings (line: line + "\n");
  join = concatStringsSep;
  intersperse =
    sep: xs:
    if xs == [ ] then [ ] else lib.tail (lib.concatMap (x: [ sep x ]) xs);
  replicate = n: s: concatStrings (lib.replicate n s);
  optionalString = condition: s: if condition then s else "";
  makeSearchPath = subDir: paths: concatStringsSep ":" (map (path: "${path}/${subDir}") (lib.filter (x: x != null) paths));
  makeSearchPathOutput = output: subDir: pkgs: makeSearchPath subDir (map (lib.getOutput output) pkgs);
  makeBinPath = makeSearchPathOutput "bin" "bin";
  makeLibraryPath = makeSearchPathOutput "lib" "lib";
  normalizePath = s: concatStrings (lib.foldl' (all: c: if c == "/" && all != [ ] && lib.last all == "/" then all else all ++ [ c ]) [ ] (stringToCharacters s));

  # Parts of a string.
  stringToCharacters = s: builtins.genList (i: substring i 1 s) (stringLength s);
  stringAsChars = f: s: concatStrings (map f (stringToCharacters s));
  splitString = sep: s: map (addContextFrom s) (lib.filter builtins.isString (builtins.split (escapeRegex (toString sep)) (toString s)));
  hasPrefix = prefix: s: substring 0 (stringLength prefix) s == prefix;
  hasSuffix =
    suffix: s:
    let
      n = stringLength s - stringLength suffix;
    in
    n >= 0 && substring n (stringLength suffix) s == suffix;
  hasInfix = infix: s: builtins.match ".*${escapeRegex infix}.*" "${s}" != null;
  removePrefix =
    prefix: s:
    if hasPrefix prefix s then substring (stringLength prefix) (stringLength s) s else s;
  removeSuffix =
    suffix: s:
    if hasSuffix suffix s then substring 0 (stringLength s - stringLength suffix) s else s;
  trim = trimWith {
    start = true;
    end = true;
  };
  trimWith =
    {
      start ? false,
      end ? false,
    }:
    s:
    let
      blank = "[ \t\r\n]*";
      inner = builtins.match "${optionalString start blank}(${optionalString (!start) blank}|.*[^ \t\r\n]${optionalString (!end) blank})${optionalString end blank}" s;
      # The greedy group takes leading blanks as well; the second pattern takes them off.
      left = builtins.match "${blank}(.*)" (builtins.head inner);
    in
    if inner == null then
      ""
    else if start then
      builtins.head left
    else
      builtins.head inner;
  commonPrefixLength =
    a: b:
    let
      n = lib.min (stringLength a) (stringLength b);
      i = lib.findFirst (i: substring i 1 a != substring i 1 b) n (lib.range 0 (n - 1));
    in
    i;
  commonSuffixLength =
    a: b:
    let
      reversed = s: concatStrings (lib.reverseList (stringToCharacters s));
    in
    commonPrefixLength (reversed a) (reversed b);

  # Changing characters.
  toLower = replaceStrings upper lower;
  toUpper = replaceStrings lower upper;
  toSentenceCase = s: toUpper (substring 0 1 s) + toLower (substring 1 (stringLength s) s);
  addContextFrom = from: to: substring 0 0 from + to;
  fixedWidthString =
    width: filler: s:
    if stringLength s > width then
      throw "fixedWidthString: '${s}' is longer than ${toString width}"
    else
      replicate (width - stringLength s) filler + s;
  fixedWidthNumber = width: n: fixedWidthString width "0" (toString n);
  rightPad = width: s: s + replicate (lib.max 0 (width - stringLength s)) " ";

  # Quoting.
  escape = chars: replaceStrings chars (map (c: "\\${c}") chars);
  escapeRegex = escape (stringToCharacters "\\[{()^$?*+|.");
  escapeShellArg =
    arg:
    let
      s = toString arg;
    in
    if builtins.match "[[:alnum:],._+:@%/-]+" s != null then s else "'${replaceStrings [ "'" ] [ "'\\''" ] s}'";
  escapeShellArgs = concatMapStringsSep " " escapeShellArg;
  isValidPosixName = name: builtins.match "[a-zA-Z_][a-zA-Z0-9_]*" name != null;
  toShellVar =
    name: value:
    if builtins.isAttrs value && !isStringLike value then
      "declare -A ${name}=(${concatStringsSep " " (lib.mapAttrsToList (n: v: "[${escapeShellArg n}]=${escapeShellArg v}") value)})"
    else if builtins.isList value then
      "declare -a ${name}=(${escapeShellArgs value})"
    else
      "${name}=${escapeShellArg value}";
  toShellVars = vars: concatStringsSep "\n" (lib.mapAttrsToList toShellVar vars);
  escapeNixString = s: escape [ "$" ] (builtins.toJSON s);
  escapeNixIdentifier =
    s:
    let
      keywords = [ "assert" "else" "if" "in" "inherit" "let" "or" "rec" "then" "with" ];
    in
    if builtins.match "[a-zA-Z_][a-zA-Z0-9_'-]*" s != null && !(builtins.elem s keywords) then s else escapeNixString s;
  escapeXML = replaceStrings [ "\"" "'" "<" ">" "&" ] [ "&quot;" "&apos;" "&lt;" "&gt;" "&amp;" ];
  escapeURL =
    let
      plain = stringToCharacters "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~";
      codes = lib.listToAttrs (lib.imap0 (i: c: lib.nameValuePair c (i + 32)) (stringToCharacters " !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~"));
      code = c: codes.${c} or (throw "escapeURL: only printable ASCII is supported");
    in
    stringAsChars (c: if builtins.elem c plain then c else "%" + lib.toHexString (code c));

  # Paths and store paths.
  isStringLike = x: builtins.isString x || builtins.isPath x || x ? outPath || x ? __toString;
  isCoercibleToString = isConvertibleWithToString;
  isConvertibleWithToString =
    x:
    isStringLike x
    || builtins.elem (builtins.typeOf x) [ "null" "int" "float" "bool" ]
    || (builtins.isList x && builtins.all isConvertibleWithToString x);
  isStorePath =
    x:
    isStringLike x
    && builtins.match "${escapeRegex builtins.storeDir}/[0-9a-z]{32}-[^/]+" (builtins.unsafeDiscardStringContext (toString x)) != null;
  sanitizeDerivationName =
    s:
    let
      clean = concatMapStrings (x: if builtins.isList x then "-" else x) (builtins.split "[^[:alnum:]+._?=-]+" (builtins.unsafeDiscardStringContext (toString s)));
      short = substring (lib.max (stringLength clean - 207) 0) (-1) clean;
    in
    if short == "" then "unknown" else if hasPrefix "." short then "_${substring 1 (-1) short}" else short;
  nameFromURL = url: sep: builtins.head (splitString sep (lib.last (splitString "/" url)));
  cmakeOptionType = type: name: value: "-D${name}:${toUpper type}=${value}";
  cmakeBool = name: value: cmakeOptionType "bool" name (if value then "TRUE" else "FALSE");
  mesonBool = name: value: "-D${name}=${lib.boolToString value}";
  enableFeature = on: feature: "--${if on then "enable" else "disable"}-${feature}";
  withFeature = on: feature: "--${if on then "with" else "without"}-${feature}";

  # Numbers and versions.
  toInt =
    s:
    let
      parts = builtins.match "[[:space:]]*(-?)(0*)([0-9]*)[[:space:]]*" s;
      zeros = builtins.elemAt parts 1;
      number = builtins.elemAt parts 2;
      sign = builtins.elemAt parts 0;
    in
    if parts == null || zeros + number == "" then
      throw "toInt: Could not convert ${escapeNixString s} to int."
    else if zeros != "" && number != "" then
      throw "toInt: Ambiguity in interpretation of ${escapeNixString s} between octal and zero padded integer."
    else
      toIntBase10 s;
  toIntBase10 =
    s:
    let
      parts = builtins.match "[[:space:]]*(-?)0*([0-9]*)[[:space:]]*" s;
      number = builtins.elemAt parts 1;
      value = if number == "" then 0 else builtins.fromJSON number;
    in
    if parts == null || builtins.match ".*[0-9].*" s == null then
      throw "toIntBase10: Could not convert ${escapeNixString s} to int."
    else if builtins.head parts == "-" then
      -value
    else
      value;
  floatToString = builtins.toJSON;
  versionOlder = v1: v2: builtins.compareVersions v2 v1 == 1;
  versionAtLeast = v1: v2: !(versionOlder v1 v2);
  getName = x: if builtins.isString x then (builtins.parseDrvName x).name else x.pname or (builtins.parseDrvName x.name).name;
  getVersion = x: if builtins.isString x then (builtins.parseDrvName x).version else x.version or (builtins.parseDrvName x.name).version;

  fileContents = file: removeSuffix "\n" (builtins.readFile file);
  readPathsFromFile = root: file: map (path: root + "/${path}") (lib.filter (line: line != "" && !(hasPrefix "#" line)) (splitString "\n" (fileContents file)));

  # The number of single changes that turn one string into the other, row by row of the usual table.
  levenshtein =
    a: b:
    let
      n = stringLength b;
      bs = stringToCharacters b;
      step =
        row: c:
        lib.foldl' (
          done: j:
          done
          ++ [
            (lib.min (lib.min (lib.last done + 1) (builtins.elemAt row (j + 1) + 1)) (
              builtins.elemAt row j + (if builtins.elemAt bs j == c then 0 else 1)
            ))
          ]
        ) [ (builtins.head row + 1) ] (lib.range 0 (n - 1));
    in
    lib.last (lib.foldl' step (lib.range 0 n) (stringToCharacters a));
  levenshteinAtMost =
    k: a: b:
    let
      difference = stringLength a - stringLength b;
    in
    difference <= k && -difference <= k && levenshtein a b <= k;
}
