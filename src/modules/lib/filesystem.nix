# Files and folders.
{ lib }:
let
  inherit (builtins)
    attrNames
    concatLists
    isPath
    mapAttrs
    match
    pathExists
    readDir
    ;
in
{
  inherit (builtins)
    baseNameOf
    dirOf
    hashFile
    isPath
    readDir
    readFileType
    ;

  pathType =
    builtins.readFileType or (
      path:
      if !(pathExists path) then
        abort "lib.filesystem.pathType: Path ${toString path} does not exist."
      else if dirOf path == path then
        "directory"
      else
        (readDir (dirOf path)).${baseNameOf path}
    );
  pathIsDirectory = path: pathExists path && lib.pathType path == "directory";
  pathIsRegularFile = path: pathExists path && lib.pathType path == "regular";

  listFilesRecursive =
    dir:
    let
      go =
        dir:
        concatLists (
          lib.mapAttrsToList (name: type: if type == "directory" then go (dir + "/${name}") else [ (dir + "/${name}") ]) (
            readDir dir
          )
        );
    in
    go dir;

  # Folders with a Cabal file, by name.
  haskellPathsInDir =
    root:
    let
      folders = lib.filterAttrs (name: type: type == "directory" && pathExists (root + "/${name}/${name}.cabal")) (
        readDir root
      );
    in
    mapAttrs (name: _: toString (root + "/${name}")) folders;

  # The nearest folder at or above `file` with an entry that matches, and the matches.
  locateDominatingFile =
    pattern: file:
    let
      go =
        path:
        let
          found = builtins.filter (m: m != null) (map (match pattern) (attrNames (readDir path)));
        in
        if found != [ ] then
          {
            inherit path;
            matches = found;
          }
        else if path == /. then
          null
        else
          go (dirOf path);
      parent = dirOf file;
      base = toString (baseNameOf file);
    in
    go (if (readDir parent).${base} or null == "directory" || file == /. then file else parent);

  # A set of packages from a tree of `package.nix` and `*.nix` files.
  packagesFromDirectoryRecursive =
    {
      callPackage,
      newScope ? null,
      directory,
    }@args:
    let
      package =
        functions: name: type:
        let
          path = directory + "/${name}";
        in
        if type == "directory" then
          { ${name} = lib.packagesFromDirectoryRecursive (args // functions // { directory = path; }); }
        else if type == "regular" && lib.hasSuffix ".nix" name then
          { ${lib.removeSuffix ".nix" name} = (args // functions).callPackage path { }; }
        else if type == "regular" then
          { }
        else
          throw "lib.filesystem.packagesFromDirectoryRecursive: Unsupported file type ${type} at path ${toString path}";
      all = functions: lib.concatMapAttrs (package functions) (readDir directory);
    in
    if pathExists (directory + "/package.nix") then
      callPackage (directory + "/package.nix") { }
    else if args ? newScope then
      # Packages of one directory see each other.
      lib.recurseIntoAttrs (lib.makeScope newScope (self: all { inherit (self) callPackage newScope; }))
    else
      all { };

  # What `import` would read.
  resolveDefaultNix =
    v:
    if isPath v && lib.pathIsDirectory v then
      v + "/default.nix"
    else if
      builtins.isString v
      && (lib.hasSuffix "/" v || (builtins.substring 0 1 v == "/" && lib.pathIsDirectory v))
    then
      # A trailing slash stays as it is written.
      (if lib.hasSuffix "/" v then "${v}default.nix" else "${v}/default.nix")
    else
      v;
}
