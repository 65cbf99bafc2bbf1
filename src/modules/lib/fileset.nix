# Sets of files, to be combined before anything goes to the store.
#
# A set is a tree from the root of the file system: null is nothing, a string (the type of a file) is all that is
# there, a set is a folder by the names of its entries.
{ lib }:
let
  inherit (builtins)
    attrNames
    concatLists
    elem
    elemAt
    head
    intersectAttrs
    isAttrs
    isFunction
    isPath
    isString
    length
    listToAttrs
    mapAttrs
    match
    pathExists
    readDir
    typeOf
    ;

  make = tree: {
    _type = "fileset";
    _tree = tree;
    # A set of files is no source: it has no folder to start from.
    outPath = throw "lib.fileset: A file set cannot be converted to a string or used as a source. Use `lib.fileset.toSource` to create a store path of it.";
  };
  isFileset = x: x._type or null == "fileset";
  # What the functions here take.
  isTaken = x: isFileset x || (isPath x && pathExists x);

  names = path: (builtins.filter (part: isString part && part != "") (builtins.split "/" (toString path)));
  rooted = path: tree: lib.setAttrByPath (names path) tree;

  coerce =
    function: what: value:
    if isFileset value then
      value._tree
    else if value ? _isLibCleanSourceWith then
      throw "lib.fileset.${function}: ${what} is a `lib.sources`-based value, but it should be a file set or a path instead.\n    To convert a `lib.sources`-based value to a file set you can use `lib.fileset.fromSource`."
    else if !(isPath value) then
      throw "lib.fileset.${function}: ${what} is of type ${typeOf value}, but it should be a file set or a path instead."
    else if !(pathExists value) then
      throw "lib.fileset.${function}: ${what} (${toString value}) is a path that does not exist.\n    To create a file set from a path that may not exist, use `lib.fileset.maybeMissing`."
    else
      rooted value (lib.pathType value);

  union =
    a: b:
    if a == null || isString b then
      b
    else if b == null || isString a then
      a
    else
      a // mapAttrs (name: below: union (a.${name} or null) below) b;
  intersection =
    a: b:
    if a == null || b == null then
      null
    else if isString a then
      b
    else if isString b then
      a
    else
      mapAttrs (name: below: intersection below b.${name}) (intersectAttrs b a);
  difference =
    path: a: b:
    if a == null || isString b then
      null
    else if b == null then
      a
    else
      mapAttrs (name: below: difference (path + "/${name}") below (b.${name} or null)) (
        if isAttrs a then a else readDir path
      );

  # The files of a tree, in order.
  files =
    path: tree:
    if tree == null then
      [ ]
    else if isAttrs tree || tree == "directory" then
      concatLists (
        lib.mapAttrsToList (name: files (path + "/${name}")) (if isAttrs tree then tree else readDir path)
      )
    else
      [ path ];
  isEmpty =
    path: tree:
    tree == null
    || ((isAttrs tree || tree == "directory") && files path tree == [ ]);

  subtree = path: tree: builtins.foldl' (t: name: if isAttrs t then t.${name} or null else t) tree (names path);
  # Whether all files of a tree lie below the folder.
  inside =
    path: tree:
    isEmpty /. (difference /. tree (rooted path "directory"));

  # The files of a folder that a function of { name, type, hasExt } keeps.
  filterTree =
    keep: path: name: type:
    if type == "directory" then
      mapAttrs (name: filterTree keep (path + "/${name}") name) (readDir path)
    else if
      keep {
        inherit name type;
        hasExt = ext: match ".*\\.${lib.escapeRegex ext}" name != null;
      }
    then
      type
    else
      null;

  show =
    path: tree:
    if isEmpty path tree then
      "(empty)"
    else
      lib.concatMapStringsSep "\n" (file: "- ${toString file}") (files path tree);

  # The files of a source's filter.
  sourceTree =
    filter: path:
    let
      go =
        path: type:
        if type == "directory" then
          mapAttrs (
            name: type:
            let
              below = path + "/${name}";
            in
            if filter (toString below) type then go below type else null
          ) (readDir path)
        else
          type;
    in
    go path (lib.pathType path);
  # Whatever of `path` is in a copy of it.
  mirrored =
    path: copy:
    let
      go =
        path: copy:
        mapAttrs (name: type: if type == "directory" then go (path + "/${name}") "${copy}/${name}" else type) (
          readDir copy
        );
    in
    rooted path (go path copy);
in
{
  isFileset = isTaken;

  maybeMissing =
    path:
    if !(isPath path) then
      if isString path then
        throw "lib.fileset.maybeMissing: Argument (\"${path}\") is a string-like value, but it should be a path instead."
      else
        throw "lib.fileset.maybeMissing: Argument is of type ${typeOf path}, but it should be a path instead."
    else
      make (if pathExists path then rooted path (lib.pathType path) else null);
  unions =
    filesets:
    if !(builtins.isList filesets) then
      throw "lib.fileset.unions: Argument is of type ${typeOf filesets}, but it should be a list instead."
    else
      make (
        builtins.foldl' union null (lib.imap0 (i: coerce "unions" "Element ${toString i}") filesets)
      );
  union = a: b: make (union (coerce "union" "First argument" a) (coerce "union" "Second argument" b));
  intersection =
    a: b: make (intersection (coerce "intersection" "First argument" a) (coerce "intersection" "Second argument" b));
  difference =
    positive: negative:
    make (difference /. (coerce "difference" "First argument (positive set)" positive) (coerce "difference" "Second argument (negative set)" negative));
  fileFilter =
    keep: path:
    if !(isFunction keep) then
      throw "lib.fileset.fileFilter: First argument is of type ${typeOf keep}, but it should be a function instead."
    else if !(isPath path) then
      throw "lib.fileset.fileFilter: Second argument is ${
        if isFileset path then "a file set" else "of type ${typeOf path}"
      }, but it should be a path instead."
    else if !(pathExists path) then
      throw "lib.fileset.fileFilter: Second argument (${toString path}) is a path that does not exist."
    else
      make (rooted path (filterTree keep path (baseNameOf path) (lib.pathType path)));
  fromSource =
    source:
    let
      path = source.origSrc or source;
    in
    if !(isPath path) then
      throw "lib.fileset.fromSource: The source origin of the argument is of type ${typeOf path}, but it should be a path instead."
    else
      make (rooted path (sourceTree (source.filter or (_: _: true)) path));

  toList =
    fileset:
    files /. (coerce "toList" "Argument" fileset);
  toSource =
    { root, fileset }:
    let
      tree = coerce "toSource" "`fileset`" fileset;
      wanted = subtree root tree;
      filter =
        path: type:
        let
          below = subtree path tree;
        in
        if type == "directory" then !(isEmpty path below) else below != null;
    in
    if !(isPath root) then
      throw "lib.fileset.toSource: `root` is of type ${typeOf root}, but it should be a path instead."
    else if !(pathExists root) then
      throw "lib.fileset.toSource: `root` (${toString root}) is a path that does not exist."
    else if lib.pathType root != "directory" then
      throw "lib.fileset.toSource: `root` (${toString root}) is a file, but it should be a directory instead."
    else if !(inside root tree) then
      throw "lib.fileset.toSource: `fileset` could contain files in folders that are not under the `root` (${toString root}). Potential solutions:\n    - Set `root` to a folder that contains all of them.\n    - Set `fileset` to a file set that cannot contain files outside the `root`."
    else
      lib.seq wanted (
        lib.cleanSourceWith {
          name = "source";
          src = root;
          inherit filter;
        }
      );

  gitTracked =
    path:
    make (mirrored path (builtins.fetchGit { url = path; shallow = true; }).outPath);
  gitTrackedWith =
    {
      recurseSubmodules ? false,
    }:
    path:
    make (
      mirrored path (builtins.fetchGit {
        url = path;
        submodules = recurseSubmodules;
        shallow = true;
      }).outPath
    );

  empty = make null;

  trace =
    fileset: value:
    builtins.trace (show /. (coerce "trace" "Argument" fileset)) value;
  traceVal =
    fileset:
    builtins.trace (show /. (coerce "traceVal" "Argument" fileset)) fileset;
}
