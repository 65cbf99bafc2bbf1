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

  # Requirements of packages, and theirs.
  innerClosePropagation =
    acc: xs:
    map (item: item.val) (
      builtins.genericClosure {
        startSet = map (x: {
          key = x.outPath;
          val = x;
        }) (builtins.filter (x: x != null) xs ++ acc);
        operator =
          item:
          map
            (x: {
              key = x.outPath;
              val = x;
            })
            (
              builtins.filter (x: x != null) (
                lib.flatten ((item.val.propagatedBuildInputs or [ ]) ++ (item.val.propagatedNativeBuildInputs or [ ]))
              )
            );
      }
    );
  mergeAttrsWithFunc =
    f: a: b:
    foldl' (all: name: if b ? ${name} && a ? ${name} then all // { ${name} = f a.${name} b.${name}; } else all) (
      a // b
    ) (attrNames a);
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
  ifEnable = condition: value: if condition then value else (if isList value then [ ] else if isAttrs value then { } else if isString value then "" else if value == true || value == false then false else null);
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
  closePropagation = innerClosePropagation [ ];
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
    foldl' (
      all: name:
      if !(hasAttr name b) then
        all
      else if elem name mergeLists && hasAttr name a then
        lib.setAttr all name (lib.toList a.${name} ++ lib.toList b.${name})
      else if elem name overrideSnd then
        lib.setAttr all name b.${name}
      else
        throw "merging attribute '${name}' of both sets needs a rule"
    ) (a // b) (attrNames a);
  # Sets merged by functions that they carry in `mergeAttrBy`.
  mergeAttrByFunc =
    x: y:
    let
      functions = lib.mergeAttrBy // x.mergeAttrBy or { } // y.mergeAttrBy or { };
      merged = lib.concatMapAttrs (
        name: f: if x ? ${name} || y ? ${name} then { ${name} = if x ? ${name} then if y ? ${name} then f x.${name} y.${name} else x.${name} else y.${name}; } else { }
      ) (removeAttrs functions [ "mergeAttrBy" ]);
    in
    x // y // merged // { mergeAttrBy = functions; };
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
