# Types of strings and paths.
{ lib, making }:
let
  inherit (builtins)
    isString
    match
    substring
    toJSON
    ;
  inherit (lib.options) getValues mergeEqualOption;
  inherit (making)
    addCheck
    defaultFunctor
    isNoun
    mkOptionType
    optionDescriptionPhrase
    ;

  str = mkOptionType {
    name = "str";
    description = "string";
    descriptionClass = "noun";
    check = isString;
    merge = mergeEqualOption;
  };
  strMatching =
    pattern:
    mkOptionType {
      name = "strMatching ${lib.escapeNixString pattern}";
      description = "string matching the pattern ${pattern}";
      descriptionClass = "noun";
      check = x: isString x && match pattern x != null;
      merge = mergeEqualOption;
      functor = defaultFunctor "strMatching" // {
        type = payload: strMatching payload.pattern;
        payload = { inherit pattern; };
        binOp = a: b: if a == b then a else null;
      };
    };
  separatedString =
    sep:
    mkOptionType {
      name = "separatedString";
      description = "strings concatenated with ${toJSON sep}";
      descriptionClass = "noun";
      check = isString;
      merge = _: defs: lib.concatStringsSep sep (getValues defs);
      functor = defaultFunctor "separatedString" // {
        type = payload: separatedString payload.sep;
        payload = { inherit sep; };
        binOp = a: b: if a == b then a else null;
      };
    };

  # A path in the store is one whatever it is written as; what is only looked at needs no context.
  pathOf = x: if builtins.isPath x then x else /. + builtins.unsafeDiscardStringContext x;
  pathWith =
    {
      inStore ? null,
      absolute ? null,
    }:
    lib.throwIf (inStore == true && absolute == false) "In pathWith, inStore means the path must be absolute" (
      mkOptionType {
        name = "path";
        description =
          (
            if absolute == null then
              "path"
            else if absolute then
              "absolute path"
            else
              "relative path"
          )
          + (
            if inStore == null then
              ""
            else if inStore then
              " in the Nix store"
            else
              " not in the Nix store"
          );
        descriptionClass = "noun";
        merge = mergeEqualOption;
        check =
          x:
          # What must stay outside of the store may not be a path value, which interpolation would copy there.
          (if inStore == false then isString x else lib.isStringLike x)
          && (absolute == null || absolute == (substring 0 1 (toString x) == "/"))
          && (inStore == null || inStore == lib.path.hasStorePathPrefix (pathOf x));
        functor = defaultFunctor "path" // {
          type = pathWith;
          payload = { inherit inStore absolute; };
          binOp = a: b: if a == b then a else null;
        };
      }
    );
in
{
  inherit
    pathWith
    separatedString
    str
    strMatching
    ;

  nonEmptyStr = mkOptionType {
    name = "nonEmptyStr";
    description = "non-empty string";
    descriptionClass = "noun";
    check = x: isString x && match "[ \t\n]*" x == null;
    inherit (str) merge;
  };
  singleLineStr =
    let
      type = strMatching "[^\n\r]*\n?";
    in
    mkOptionType {
      name = "singleLineStr";
      description = "(optionally newline-terminated) single-line string";
      descriptionClass = "noun";
      inherit (type) check;
      merge = loc: defs: lib.removeSuffix "\n" (type.merge loc defs);
    };
  lines = separatedString "\n";
  commas = separatedString ",";
  envVar = separatedString ":";
  string = separatedString "" // {
    name = "string";
    deprecationMessage = "Use `types.str`, or `types.separatedString` if several definitions are meant to be joined.";
  };
  passwdEntry =
    entryType:
    addCheck entryType (s: match "[^:\n]*" s != null)
    // {
      name = "passwdEntry ${entryType.name}";
      description = "${optionDescriptionPhrase isNoun entryType}, not containing newlines or colons";
      descriptionClass = "nonRestrictiveClause";
    };

  path = pathWith { absolute = true; };
  pathInStore = pathWith { inStore = true; };
  externalPath = pathWith {
    absolute = true;
    inStore = false;
  };

  luaInline = mkOptionType {
    name = "luaInline";
    description = "inline lua";
    descriptionClass = "noun";
    check = making.isType "lua-inline";
    merge = mergeEqualOption;
  };
}
