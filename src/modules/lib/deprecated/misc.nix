# Functions that nobody should use any more, for those who do.
{ lib }:
let
  inherit (builtins)
    attrNames
    elem
    foldl'
    hasAttr
    head
    isAttrs

    isFunction
    isInt
    isList
    isString
    listToAttrs
    removeAttrs
    tail
    ;

  # Requirements of packages, and theirs: what is met last comes first.
  innerClosePropagation =
    found: waiting:
    let
      package = head waiting;
      more = package.propagatedBuildInputs or [ ] ++ package.propagatedNativeBuildInputs or [ ] ++ tail waiting;
      next = [ package ] ++ found;
    in
    if waiting == [ ] then
      found
    else if isAttrs package then
      innerClosePropagation next (lib.subtractLists next (lib.unique more))
    else
      innerClosePropagation found (tail waiting);
  # By their store paths, which compare faster than packages do.
  byOutPath = builtins.concatMap (
    val:
    lib.optional (val != null) {
      key = val.outPath;
      inherit val;
    }
  );
  mergeAttrsWithFunc =
    f: a: b:
    let
      all = b // a;
    in
    foldl' (merged: name: merged // { ${name} = f all.${name} b.${name}; }) all (attrNames b);
in
{
  inherit innerClosePropagation mergeAttrsWithFunc;

  maybeEnv =
    name: default:
    let
      value = builtins.getEnv name;
    in
    if value == "" then default else value;
  defaultMergeArg = x: y: if isAttrs y then y else y x;
  defaultMerge = x: y: x // lib.defaultMergeArg x y;
  foldArgs =
    merger: f: init: x:
    let
      arg = merger init (lib.defaultMergeArg init x);
      base = setAttrs: f (merger arg setAttrs);
      function = setAttrs: lib.foldArgs merger f arg setAttrs;
      meta = {
        function = function;
        merge = merger arg;
        drv = base;
      };
    in
    if (arg ? extra && isFunction arg.extra) then function else f arg // { passthru = meta; };
  maybeAttrNullable = lib.maybeAttr;
  maybeAttr = name: default: attrs: attrs.${name} or default;
  ifEnable = condition: value: if condition then value else (if isList value then [ ] else if isAttrs value then { } else if value == true || value == false then false else null);
  checkFlag =
    attrs: name:
    if name == "true" then
      true
    else if name == "false" then
      false
    else if elem name (attrs.flags or [ ]) then
      true
    else
      lib.attrByPath [ name ] false attrs;
  getValue =
    attrs: values: name:
    attrs.${name} or (
      let
        found = builtins.filter (value: lib.checkFlag attrs (lib.head value)) values;
      in
      if found == [ ] then null else lib.attrByPath [ name ] null (lib.elemAt (lib.head found) 1)
    );
  checkReqs =
    attrs: names: requirements:
    lib.foldr (a: b: a && b) true (
      map (
        requirement:
        let
          name = head requirement;
        in
        if lib.checkFlag attrs name then lib.foldr (a: b: a && b) true (map (lib.checkFlag attrs) (tail requirement)) else true
      ) requirements
    );
  uniqList = { inputList, acc ? [ ] }: lib.unique (acc ++ inputList);
  uniqListExt =
    {
      inputList,
      outputList ? [ ],
      getter ? x: x,
      compare ? x: y: x == y,
    }:
    foldl' (
      seen: x: if builtins.any (y: compare (getter x) (getter y)) seen then seen else seen ++ [ x ]
    ) outputList inputList;
  condConcat =
    name: list: check:
    if list == [ ] then
      name
    else if check (head list) then
      lib.condConcat (name + (head (tail list))) (tail (tail list)) check
    else
      lib.condConcat name (tail (tail list)) check;
  lazyGenericClosure =
    { startSet, operator }:
    let
      go =
        work: seen: result:
        if work == [ ] then
          result
        else
          let
            x = head work;
          in
          if elem x.key seen then
            go (tail work) seen result
          else
            go (tail work ++ operator x) (seen ++ [ x.key ]) ([ x ] ++ result);
    in
    go startSet [ ] [ ];
  innerModifySumArgs =
    f: x: a: b:
    if b == null then f a b // x else lib.innerModifySumArgs f x (a // b);
  modifySumArgs = f: x: lib.innerModifySumArgs f x { };
  # What a list of packages propagates to whoever builds with them.
  closePropagation = lib.misc.closePropagationFast;
  closePropagationFast =
    packages:
    map (item: item.val) (
      builtins.genericClosure {
        startSet = byOutPath packages;
        operator =
          { val, ... }:
          if isAttrs val then
            byOutPath (val.propagatedBuildInputs or [ ] ++ val.propagatedNativeBuildInputs or [ ])
          else
            [ ];
      }
    );
  closePropagationSlow = packages: lib.misc.uniqList { inputList = innerClosePropagation [ ] packages; };
  mapAttrsFlatten = lib.mapAttrsToList;
  nvs = name: value: listToAttrs [ (lib.nameValuePair name value) ];
  setAttr = set: name: value: set // { ${name} = value; };
  setAttrMerge =
    name: default: attrs: f:
    lib.setAttr attrs name (f (attrs.${name} or default));
  mergeAttrsConcatenateValues = mergeAttrsWithFunc (a: b: lib.toList a ++ lib.toList b);
  mergeAttrsNoOverride =
    {
      mergeLists ? [ "buildInputs" "propagatedBuildInputs" ],
      overrideSnd ? [ "buildPhase" ],
    }:
    a: b:
    let
      both = name: {
        ${name} =
          if elem name mergeLists then
            b.${name} ++ a.${name}
          else if elem name overrideSnd then
            a.${name}
          else
            throw "error mergeAttrsNoOverride, attribute ${name} given in both attributes - no merge func defined";
      };
    in
    a // b // lib.concatMapAttrs (name: _: both name) (builtins.intersectAttrs a b);
  # Sets merged by functions that they carry in `mergeAttrBy`.
  mergeAttrByFunc =
    x: y:
    let
      functions = { mergeAttrBy = lib.mergeAttrs; } // x.mergeAttrBy or { } // y.mergeAttrBy or { };
      merged = lib.concatMapAttrs (
        name: f:
        lib.optionalAttrs (x ? ${name} || y ? ${name}) {
          ${name} =
            if !(x ? ${name}) then
              y.${name}
            else if y ? ${name} then
              f x.${name} y.${name}
            else
              x.${name};
        }
      ) functions;
    in
    x // y // merged;
  mergeAttrsByFuncDefaults = foldl' lib.mergeAttrByFunc { inherit (lib) mergeAttrBy; };
  mergeAttrsByFuncDefaultsClean = sets: removeAttrs (lib.mergeAttrsByFuncDefaults sets) [ "mergeAttrBy" ];
  mergeAttrBy =
    lib.genAttrs [
      "nativeBuildInputs"
      "buildInputs"
      "propagatedBuildInputs"
      "configureFlags"
      "prePhases"
      "postAll"
      "patches"
    ] (_: a: b: a ++ b)
    // lib.genAttrs [ "preConfigure" "postInstall" ] (_: a: b: a + "\n" + b)
    // lib.genAttrs [ "passthru" "meta" "cfg" "flags" ] (_: lib.mergeAttrs);
  nixType =
    x:
    if isAttrs x then
      if x ? outPath then "derivation" else "attrs"
    else if isFunction x then
      "function"
    else if isList x then
      "list"
    else if x == true || x == false then
      "bool"
    else if x == null then
      "null"
    else if isInt x then
      "int"
    else
      "string";
  imap = lib.imap1;

  # Hashes of nothing, to be replaced by what the build says.
  fakeHash = "sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
  fakeSha256 = lib.concatStrings (lib.genList (_: "0") 64);
  fakeSha512 = lib.concatStrings (lib.genList (_: "0") 128);
}
