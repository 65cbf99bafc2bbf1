# Path values and subpaths: relative paths, as strings, that stay below where they start.
{ lib }:
let
  inherit (builtins)
    all
    concatMap
    genList
    head
    isList
    isPath
    isString
    length
    match
    split
    substring
    typeOf
    ;
  inherit (lib) assertMsg;

  # Why a value is no subpath, or null.
  fault =
    value:
    if !(isString value) then
      "The given value is of type ${typeOf value}, but a string was expected"
    else if value == "" then
      "The given string is empty"
    else if substring 0 1 value == "/" then
      "The given string \"${value}\" starts with a `/`, representing an absolute path"
    else if match "(.*/)?\\.\\.(/.*)?" value != null then
      "The given string \"${value}\" contains a `..` component, which is not allowed in subpaths"
    else
      null;

  # The names of a subpath, without `.` and empty ones.
  names = subpath: builtins.filter (part: isString part && part != "" && part != ".") (split "/" subpath);
  fromNames = parts: "./" + (if parts == [ ] then "." else lib.concatStringsSep "/" parts);

  # The root of a path and the names below it.
  deconstruct =
    let
      go =
        components: path:
        if path == dirOf path then
          {
            root = path;
            inherit components;
          }
        else
          go ([ (baseNameOf path) ] ++ components) (dirOf path);
    in
    go [ ];

  needPath =
    function: which: value:
    assertMsg (isPath value)
      "lib.path.${function}: The ${which} argument is of type ${typeOf value}, but a path was expected";

  sameRoot =
    function: a: b:
    assertMsg (a.root == b.root)
      "lib.path.${function}: Filesystem roots must be the same for both paths, but paths with different roots were given.";
in
{
  append =
    path: subpath:
    assert needPath "append" "first" path;
    assert assertMsg (fault subpath == null)
      "lib.path.append: Second argument is not a valid subpath string:\n      ${toString (fault subpath)}";
    path + ("/" + subpath);

  hasPrefix =
    path1:
    assert needPath "hasPrefix" "first" path1;
    let
      outer = deconstruct path1;
    in
    path2:
    assert needPath "hasPrefix" "second" path2;
    let
      inner = deconstruct path2;
    in
    assert sameRoot "hasPrefix" outer inner;
    lib.take (length outer.components) inner.components == outer.components;

  removePrefix =
    path1:
    assert needPath "removePrefix" "first" path1;
    let
      outer = deconstruct path1;
      n = length outer.components;
    in
    path2:
    assert needPath "removePrefix" "second" path2;
    let
      inner = deconstruct path2;
    in
    assert sameRoot "removePrefix" outer inner;
    if lib.take n inner.components == outer.components then
      fromNames (lib.drop n inner.components)
    else
      throw "lib.path.removePrefix: The first path argument \"${toString path1}\" is not a component-wise prefix of the second path argument \"${toString path2}\".";

  splitRoot =
    path:
    assert needPath "splitRoot" "given" path;
    let
      parts = deconstruct path;
    in
    {
      inherit (parts) root;
      subpath = fromNames parts.components;
    };

  hasStorePathPrefix =
    path:
    assert needPath "hasStorePathPrefix" "given" path;
    let
      inherit (deconstruct path) components;
      store = names (toString builtins.storeDir);
      n = length store;
    in
    length components > n
    && lib.take n components == store
    && match "[0-9a-z]{32}-.+" (builtins.elemAt components n) != null;

  subpath = {
    isValid = value: fault value == null;
    join =
      subpaths:
      let
        check =
          i: subpath:
          if fault subpath == null then
            subpath
          else
            throw "lib.path.subpath.join: Element at index ${toString i} is not a valid subpath string:\n  ${fault subpath}";
      in
      fromNames (concatMap names (lib.imap0 check subpaths));
    components =
      subpath:
      assert assertMsg (fault subpath == null)
        "lib.path.subpath.components: Argument is not a valid subpath string:\n      ${toString (fault subpath)}";
      names subpath;
    normalise =
      subpath:
      assert assertMsg (fault subpath == null)
        "lib.path.subpath.normalise: Argument is not a valid subpath string:\n      ${toString (fault subpath)}";
      fromNames (names subpath);
  };
}
