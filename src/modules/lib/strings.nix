# Strings.
{ lib }:
let
  inherit (builtins)
    all
    concatStringsSep
    elem
    elemAt
    filter
    foldl'
    fromJSON
    genList
    head
    isAttrs
    isBool
    isList
    isPath
    isString
    length
    match
    parseDrvName
    replaceStrings
    split
    stringLength
    substring
    tail
    toJSON
    typeOf
    unsafeDiscardStringContext
    ;

  stringToCharacters = s: genList (i: substring i 1 s) (stringLength s);
  # The characters of ASCII that are text, with their codes.
  codes =
    builtins.listToAttrs (
      lib.imap0 (i: c: lib.nameValuePair c (32 + i)) (
        stringToCharacters " !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~"
      )
    )
    // {
      "\t" = 9;
      "\n" = 10;
      "\r" = 13;
    };
  concatStrings = concatStringsSep "";
  concatMapStrings = f: xs: concatStrings (map f xs);
  concatMapStringsSep = sep: f: xs: concatStringsSep sep (map f xs);
  optionalString = condition: s: if condition then s else "";
  lowerChars = stringToCharacters "abcdefghijklmnopqrstuvwxyz";
  upperChars = stringToCharacters "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  toLower = replaceStrings upperChars lowerChars;
  toUpper = replaceStrings lowerChars upperChars;
  addContextFrom = from: to: substring 0 0 from + to;

  escape = chars: replaceStrings chars (map (c: "\\${c}") chars);
  escapeRegex = escape (stringToCharacters "\\[{()^$?*+|.");
  escapeNixString = s: escape [ "$" ] (toJSON s);
  reserved = [ "assert" "else" "if" "in" "inherit" "let" "or" "rec" "then" "with" ];

  hexByte = n: lib.strings.fixedWidthString 2 "0" (lib.toHexString n);

  # What a path argument means to the functions that compare strings: nothing.
  warnOfPath =
    name: what: s: result:
    lib.warnIf (isPath s)
      "lib.strings.${name}: The ${what} argument (${toString s}) is a path value, but only strings are supported. Paths are never a part of a string; convert it with `toString` first, if that is what you mean."
      result;

  isStringLike = x: isString x || isPath x || x ? outPath || x ? __toString;
  splitString =
    sep: s: map (addContextFrom s) (filter isString (split (escapeRegex (toString sep)) (toString s)));
  hasPrefix = prefix: s: warnOfPath "hasPrefix" "first" prefix (substring 0 (stringLength prefix) s == prefix);
  hasSuffix =
    suffix: s:
    let
      n = stringLength suffix;
      start = stringLength s - n;
    in
    warnOfPath "hasSuffix" "first" suffix (start >= 0 && substring start n s == suffix);

  # Integers: `match` takes off the blanks, and the number is read as JSON.
  blanks = "[[:space:]]*";

  # Flags for build systems.
  flag = on: off: positive: feature: assert isString feature; assert isBool positive; "--${if positive then on else off}-${feature}";
  option = f: positive: feature: value: f positive feature + optionalString positive "=${value}";

  # How many changes of single characters turn one string into the other: the usual table, a row at a time. A row is
  # built as a list of one fold, whose accumulator knows its last element.
  levenshtein =
    a: b:
    let
      bs = stringToCharacters b;
      n = length bs;
      nextRow =
        row: c:
        (foldl'
          (
            done: j:
            let
              change = elemAt row j + (if elemAt bs j == c then 0 else 1);
              remove = elemAt row (j + 1) + 1;
              insert = done.last + 1;
              last = lib.min change (lib.min remove insert);
            in
            builtins.seq last {
              inherit last;
              row = done.row ++ [ last ];
            }
          )
          {
            last = head row + 1;
            row = [ (head row + 1) ];
          }
          (genList (j: j) n)
        ).row;
    in
    lib.last (foldl' nextRow (genList (j: j) (n + 1)) (stringToCharacters a));
  commonPrefixLength =
    a: b:
    let
      n = lib.min (stringLength a) (stringLength b);
      go = i: if i < n && substring i 1 a == substring i 1 b then go (i + 1) else i;
    in
    go 0;
  commonSuffixLength =
    a: b:
    let
      la = stringLength a;
      lb = stringLength b;
      n = lib.min la lb;
      go = i: if i < n && substring (la - i - 1) 1 a == substring (lb - i - 1) 1 b then go (i + 1) else i;
    in
    go 0;
in
{
  inherit (builtins)
    appendContext
    compareVersions
    concatMap
    concatStringsSep
    elem
    elemAt
    filter
    fromJSON
    genList
    head
    isAttrs
    isInt
    isList
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
  inherit
    addContextFrom
    commonPrefixLength
    commonSuffixLength
    concatMapStrings
    concatMapStringsSep
    concatStrings
    escape
    escapeNixString
    escapeRegex
    hasPrefix
    hasSuffix
    isStringLike
    levenshtein
    lowerChars
    optionalString
    splitString
    stringToCharacters
    toLower
    toUpper
    upperChars
    ;

  # Joining.
  join = concatStringsSep;
  concatImapStrings = f: xs: concatStrings (lib.imap1 f xs);
  concatImapStringsSep = sep: f: xs: concatStringsSep sep (lib.imap1 f xs);
  concatMapAttrsStringSep = sep: f: set: concatStringsSep sep (lib.mapAttrsToList f set);
  concatLines = concatMapStrings (line: line + "\n");
  intersperse =
    sep: xs:
    if length xs < 2 then
      xs
    else
      tail (
        builtins.concatMap (x: [
          sep
          x
        ]) xs
      );
  replicate = n: s: concatStrings (lib.lists.replicate n s);

  # Search paths.
  makeSearchPath =
    subDir: paths: concatStringsSep ":" (map (path: path + "/" + subDir) (filter (path: path != null) paths));
  makeSearchPathOutput = output: subDir: pkgs: lib.makeSearchPath subDir (map (lib.getOutput output) pkgs);
  makeLibraryPath = lib.makeSearchPathOutput "lib" "lib";
  makeIncludePath = lib.makeSearchPathOutput "dev" "include";
  makeBinPath = lib.makeSearchPathOutput "bin" "bin";
  normalizePath =
    s:
    warnOfPath "normalizePath" "" s (
      foldl' (done: c: if c == "/" && hasSuffix "/" done then done else done + c) "" (stringToCharacters s)
    );

  # Parts of a string.
  hasInfix = infix: s: warnOfPath "hasInfix" "first" infix (match ".*${escapeRegex infix}.*" "${s}" != null);
  removePrefix =
    prefix: s:
    warnOfPath "removePrefix" "first" prefix (
      let
        n = stringLength prefix;
      in
      if substring 0 n s == prefix then substring n (-1) s else s
    );
  removeSuffix =
    suffix: s:
    warnOfPath "removeSuffix" "first" suffix (
      let
        n = stringLength s - stringLength suffix;
      in
      if n >= 0 && substring n (-1) s == suffix then substring 0 n s else s
    );
  stringAsChars = f: s: concatStrings (map f (stringToCharacters s));
  trim = lib.trimWith {
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
      blank = " \t\r\n";
      inner = match "${optionalString start "[${blank}]*"}(${if end then ".*[^${blank}]" else ".*"})${optionalString end "[${blank}]*"}" s;
    in
    # No match: there is nothing but blanks.
    optionalString (inner != null) (head inner);
  # Cuts before every character at which `cut previous current`; that character stays if `keep`.
  splitStringBy =
    cut: keep: s:
    let
      step =
        { parts, current, previous }:
        c:
        if cut previous c then
          {
            parts = parts ++ [ current ];
            current = optionalString keep c;
            previous = c;
          }
        else
          {
            inherit parts;
            current = current + c;
            previous = c;
          };
      done = foldl' step {
        parts = [ ];
        current = "";
        previous = "";
      } (stringToCharacters s);
    in
    map (addContextFrom s) (done.parts ++ [ done.current ]);

  # Changing characters.
  replaceString = from: to: replaceStrings [ from ] [ to ];
  replaceChars = lib.warn "lib.replaceChars is a deprecated alias of lib.replaceStrings." replaceStrings;
  toSentenceCase =
    s:
    lib.throwIfNot (isString s) "toSentenceCase does only accepts string values, but got ${typeOf s}" (
      addContextFrom s (toUpper (substring 0 1 s) + toLower (substring 1 (-1) s))
    );
  toCamelCase =
    s:
    lib.throwIfNot (isString s) "toCamelCase does only accepts string values, but got ${typeOf s}" (
      let
        separated = lib.splitStringBy (_: c: elem c [ "-" "_" " " ]) false s;
        # A capital after a small letter begins a word too.
        words = builtins.concatMap (lib.splitStringBy (
          previous: c: match "[a-z]" previous != null && match "[A-Z]" c != null
        ) true) separated;
      in
      addContextFrom s (toLower (head words) + concatMapStrings lib.toSentenceCase (tail words))
    );
  fixedWidthString =
    width: filler: s:
    let
      n = stringLength s;
    in
    assert lib.assertMsg (n <= width)
      "fixedWidthString: requested string length (${toString width}) must not be shorter than actual length (${toString n})";
    if n == width then s else filler + lib.fixedWidthString (width - stringLength filler) filler s;
  fixedWidthNumber = width: n: lib.fixedWidthString width "0" (toString n);
  charToInt = c: codes.${c};

  # Quoting.
  escapeC = chars: replaceStrings chars (map (c: "\\x${toLower (hexByte codes.${c})}") chars);
  escapeURL =
    let
      plain = stringToCharacters "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~";
      others = builtins.removeAttrs codes plain;
    in
    replaceStrings (builtins.attrNames others) (map (n: "%${hexByte n}") (builtins.attrValues others));
  escapeXML = replaceStrings [ "\"" "'" "<" ">" "&" ] [ "&quot;" "&apos;" "&lt;" "&gt;" "&amp;" ];
  escapeShellArg =
    arg:
    let
      s = toString arg;
    in
    if match "[[:alnum:],._+:@%/-]+" s != null then s else "'${replaceStrings [ "'" ] [ "'\\''" ] s}'";
  escapeShellArgs = concatMapStringsSep " " lib.escapeShellArg;
  isValidPosixName = name: match "[a-zA-Z_][a-zA-Z0-9_]*" name != null;
  toShellVar =
    name: value:
    let
      q = lib.escapeShellArg;
    in
    lib.throwIfNot (lib.isValidPosixName name) "toShellVar: ${name} is not a valid shell variable name" (
      if isAttrs value && !isStringLike value then
        "declare -A ${name}=(${lib.concatMapAttrsStringSep " " (key: v: "[${q key}]=${q v}") value})"
      else if isList value then
        "declare -a ${name}=(${lib.escapeShellArgs value})"
      else
        "${name}=${q value}"
    );
  toShellVars = vars: lib.concatMapAttrsStringSep "\n" lib.toShellVar vars;
  escapeNixIdentifier =
    s: if match "[a-zA-Z_][a-zA-Z0-9_'-]*" s != null && !(elem s reserved) then s else escapeNixString s;

  # Flags for build systems.
  cmakeOptionType =
    let
      types = [ "BOOL" "FILEPATH" "PATH" "STRING" "INTERNAL" "LIST" ];
    in
    type: feature: value:
    assert elem (toUpper type) types;
    assert isString feature;
    assert isString value;
    "-D${feature}:${toUpper type}=${value}";
  cmakeBool =
    condition: flag:
    assert isString condition;
    assert isBool flag;
    lib.cmakeOptionType "bool" condition (toUpper (lib.boolToString flag));
  cmakeFeature =
    feature: value:
    assert isString feature;
    assert isString value;
    lib.cmakeOptionType "string" feature value;
  mesonOption =
    feature: value:
    assert isString feature;
    assert isString value;
    "-D${feature}=${value}";
  mesonBool =
    condition: flag:
    assert isString condition;
    assert isBool flag;
    lib.mesonOption condition (lib.boolToString flag);
  mesonEnable =
    feature: flag:
    assert isString feature;
    assert isBool flag;
    lib.mesonOption feature (if flag then "enabled" else "disabled");
  enableFeature = flag "enable" "disable";
  enableFeatureAs = option lib.enableFeature;
  withFeature = flag "with" "without";
  withFeatureAs = option lib.withFeature;

  # Names and versions.
  versionOlder = v1: v2: builtins.compareVersions v2 v1 == 1;
  versionAtLeast = v1: v2: !(lib.versionOlder v1 v2);
  getName = x: if isString x then (parseDrvName x).name else x.pname or (parseDrvName x.name).name;
  getVersion = x: if isString x then (parseDrvName x).version else x.version or (parseDrvName x.name).version;
  nameFromURL =
    url: sep:
    let
      file = lib.last (splitString "/" url);
      name = head (splitString sep file);
    in
    assert name != file;
    name;
  sanitizeDerivationName =
    s:
    let
      plain = unsafeDiscardStringContext (toString s);
      rest = head (match "\\.*(.*)" plain);
      clean = concatMapStrings (part: if isList part then "-" else part) (split "[^[:alnum:]+._?=-]+" rest);
      short = substring (lib.max (stringLength clean - 207) 0) (-1) clean;
    in
    if short == "" then "unknown" else short;

  # Numbers.
  toInt =
    s:
    let
      parts = match "${blanks}(-?)([[:digit:]]+)${blanks}" s;
      digits = elemAt parts 1;
      number = fromJSON (head parts + digits);
    in
    if parts == null then
      throw "toInt: Could not convert ${escapeNixString s} to int."
    else if match "0[[:digit:]]+" digits != null then
      throw "toInt: Ambiguity in interpretation of ${escapeNixString s} between octal and zero padded integer."
    else
      number;
  toIntBase10 =
    s:
    let
      parts = match "${blanks}(-?)0*([[:digit:]]+)${blanks}" s;
    in
    if parts == null then
      throw "toIntBase10: Could not convert ${escapeNixString s} to int."
    else
      fromJSON (head parts + elemAt parts 1);
  floatToString =
    float:
    let
      text = toString float;
    in
    lib.warnIf (float != fromJSON text) "Imprecise conversion from float to string ${text}" text;

  # What is, or becomes, a string.
  isCoercibleToString = lib.strings.isConvertibleWithToString;
  isConvertibleWithToString =
    x:
    isStringLike x
    || elem (typeOf x) [ "null" "int" "float" "bool" ]
    || (isList x && all lib.strings.isConvertibleWithToString x);
  isStorePath =
    x:
    isStringLike x
    && (
      let
        s = toString x;
      in
      substring 0 1 s == "/"
      # A content-addressed path that is not yet known is a slash and its hash.
      && (dirOf s == builtins.storeDir || match "/[0-9a-df-np-sv-z]{52}" s != null)
    );
  readPathsFromFile =
    root: file:
    let
      isPath = line: line != "" && !(hasPrefix "#" line);
    in
    map (path: root + "/${path}") (filter isPath (splitString "\n" (lib.fileContents file)));
  fileContents = file: lib.removeSuffix "\n" (builtins.readFile file);

  levenshteinAtMost =
    k: a: b:
    let
      difference = stringLength a - stringLength b;
    in
    difference <= k && -difference <= k && (a == b || (k > 0 && levenshtein a b <= k));
}
