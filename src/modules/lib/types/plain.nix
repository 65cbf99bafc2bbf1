# Types of values without parts: anything, booleans, numbers, packages.
{ lib, making }:
let
  inherit (builtins)
    foldl'
    head
    isAttrs
    isBool
    isFloat
    isInt
    isPath
    isString
    toString
    typeOf
    ;
  inherit (lib.options)
    getFiles
    mergeEqualOption
    mergeOneOption
    showFiles
    showOption
    ;
  inherit (making) addCheck mkOptionType;
  inherit (lib.types) attrs either unique;

  noun =
    args:
    mkOptionType (
      {
        descriptionClass = "noun";
        merge = mergeEqualOption;
      }
      // args
    );

  int = noun {
    name = "int";
    description = "signed integer";
    check = isInt;
  };
  float = noun {
    name = "float";
    description = "floating point number";
    check = isFloat;
  };
  number = either int float;

  range = low: high: "${builtins.toJSON low} and ${builtins.toJSON high} (both inclusive)";
  restricted = type: check: names: addCheck type check // names // { descriptionClass = "nonRestrictiveClause"; };
  between =
    low: high:
    assert lib.assertMsg (low <= high) "ints.between: lowest must be smaller than highest";
    addCheck int (x: x >= low && x <= high)
    // {
      name = "intBetween";
      description = "integer between ${range low high}";
    };
  bits =
    name: n: kind: low: high:
    between low high
    // {
      name = "${name}${toString n}";
      description = "${toString n} bit ${kind} integer; between ${range low high}";
    };
  unsigned = n: count: bits "unsignedInt" n "unsigned" 0 (count - 1);
  signed = n: count: bits "signedInt" n "signed" (0 - count / 2) (count / 2 - 1);

  package = noun {
    name = "package";
    check = x: lib.isDerivation x || lib.isStorePath x;
    merge =
      loc: defs:
      let
        value = mergeOneOption loc defs;
      in
      if isPath value || (isString value && !(builtins.hasContext value)) then lib.toDerivation value else value;
  };
in
{
  inherit
    float
    int
    number
    package
    ;

  # Anything at all.
  raw = noun {
    name = "raw";
    description = "raw value";
    merge = mergeOneOption;
  };
  unspecified = mkOptionType {
    name = "unspecified";
    description = "unspecified value";
    descriptionClass = "noun";
  };
  anything = noun {
    name = "anything";
    description = "anything";
    merge =
      loc: defs:
      let
        kind = v: if isAttrs v && lib.isStringLike v then "stringCoercibleSet" else typeOf v;
        common = foldl' (
          kept: def:
          if kind def.value == kept then
            kept
          else
            throw "The option `${showOption loc}' has conflicting option types in ${showFiles (getFiles defs)}"
        ) (kind (head defs).value) defs;
        merges = {
          set = (lib.types.attrsOf lib.types.anything).merge;
          stringCoercibleSet = mergeOneOption;
          lambda =
            loc: defs: argument:
            lib.types.anything.merge (loc ++ [ "<function body>" ]) (
              map (def: {
                inherit (def) file;
                value = def.value argument;
              }) defs
            );
        };
      in
      (merges.${common} or mergeEqualOption) loc defs;
  };

  bool = noun {
    name = "bool";
    description = "boolean";
    check = isBool;
  };
  boolByOr = noun {
    name = "boolByOr";
    description = "boolean (merged using or)";
    check = isBool;
    merge = _: defs: foldl' (any: def: any || def.value) false defs;
  };

  ints = {
    inherit between;
    unsigned = restricted int (x: x >= 0) {
      name = "unsignedInt";
      description = "unsigned integer, meaning >=0";
    };
    positive = restricted int (x: x > 0) {
      name = "positiveInt";
      description = "positive integer, meaning >0";
    };
    u8 = unsigned 8 256;
    u16 = unsigned 16 65536;
    u32 = unsigned 32 4294967296;
    s8 = signed 8 256;
    s16 = signed 16 65536;
    s32 = signed 32 4294967296;
  };
  port = unsigned 16 65536;
  numbers = {
    between =
      low: high:
      assert lib.assertMsg (low <= high) "numbers.between: lowest must be smaller than highest";
      addCheck number (x: x >= low && x <= high)
      // {
        name = "numberBetween";
        description = "integer or floating point number between ${range low high}";
      };
    nonnegative = restricted number (x: x >= 0) {
      name = "numberNonnegative";
      description = "nonnegative integer or floating point number, meaning >=0";
    };
    positive = restricted number (x: x > 0) {
      name = "numberPositive";
      description = "positive integer or floating point number, meaning >0";
    };
  };

  shellPackage = package // { check = x: lib.isDerivation x && x ? shellPath; };
  pkgs = addCheck (
    unique { message = "A Nixpkgs pkgs set can not be merged with another pkgs set."; } attrs
    // {
      name = "pkgs";
      descriptionClass = "noun";
      description = "Nixpkgs package set";
    }
  ) (x: x._type or null == "pkgs");
  fileset = noun {
    name = "fileset";
    description = "fileset";
    check = lib.fileset.isFileset;
    merge = _: defs: lib.fileset.unions (lib.getValues defs);
  };
  optionDeclaration = mkOptionType {
    name = "optionDeclaration";
    description = "option declaration";
    descriptionClass = "noun";
    check = x: making.isType "option" x && !(x ? value);
  };
  optionType = noun {
    name = "optionType";
    description = "optionType";
    check = making.isOptionType;
    merge =
      loc: defs:
      let
        declarations = map (def: {
          _file = def.file;
          options = lib.mkOption { type = def.value; };
        }) defs;
      in
      if builtins.length defs == 1 then
        (head defs).value
      else
        (lib.modules.fixupOptionType loc (lib.modules.mergeOptionDecls loc declarations)).type;
  };
}
