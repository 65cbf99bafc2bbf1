# Sources: which files of a folder a build gets to see.
{ lib }:
let
  inherit (builtins)
    any
    filter
    getContext
    hasContext
    head
    isString
    match
    pathExists
    readFile
    split
    storeDir
    substring
    ;
  inherit (lib)
    boolToString
    hasPrefix
    hasSuffix
    removePrefix
    ;

  isFiltered = src: src._isLibCleanSourceWith or false;
  parts =
    src:
    if isFiltered src then
      src
    else
      {
        origSrc = src;
        filter = _: _: true;
        name = "source";
      };
  fromParts =
    {
      origSrc,
      filter,
      name,
    }:
    {
      _isLibCleanSourceWith = true;
      inherit filter name origSrc;
      outPath = builtins.path {
        inherit filter name;
        path = origSrc;
      };
    };

  # Editors' and version control's own files, and what builds leave behind.
  cleanSourceFilter =
    name: type:
    let
      base = baseNameOf (toString name);
    in
    !(
      base == ".git"
      || (type == "directory" && builtins.elem base [ ".svn" "CVS" ".hg" ".jj" ".pijul" "_darcs" ])
      || hasSuffix "~" base
      || match "\\.sw[a-z]" base != null
      || match "\\..*\\.sw[a-z]" base != null
      || hasSuffix ".o" base
      || hasSuffix ".so" base
      || (type == "symlink" && hasPrefix "result" base)
      || type == "unknown"
    );

  cleanSourceWith =
    {
      filter ? _: _: true,
      src,
      name ? null,
    }:
    let
      inner = parts src;
    in
    fromParts {
      inherit (inner) origSrc;
      filter = path: type: filter path type && inner.filter path type;
      name = if name == null then inner.name else name;
    };

  # { value } or { error } of the commit that a `.git` stands at.
  headOf =
    file: path:
    let
      here = path + "/${file}";
      packed = path + "/packed-refs";
      text = lib.fileContents here;
      reference = match "ref: (.*)" text;
      pointer = match "gitdir: (.*)" text;
      shared = path + "/commondir";
      inPacked = match ".*\n([^\n ]*) ${lib.escapeRegex file}\n.*" ("\n" + readFile packed);
    in
    if lib.pathIsRegularFile path then
      let
        link = match "gitdir: (.*)" (lib.fileContents path);
      in
      if link == null then
        { error = "File contains no gitdir reference: ${toString path}"; }
      else
        headOf file (if hasPrefix "/" (head link) then /. + head link else dirOf path + "/${head link}")
    else if lib.pathIsRegularFile here then
      if reference == null then
        { value = text; }
      else
        headOf (head reference) path
    else if pathExists shared then
      headOf file (path + "/${lib.fileContents shared}")
    else if lib.pathIsRegularFile packed then
      if inPacked == null then
        { error = "Could not find ${file} in ${toString packed}"; }
      else
        { value = head inPacked; }
    else
      { error = "Not a .git directory: ${toString path}"; };

  # `refs/tags/v12.0` is `12.0`.
  shortRev =
    rev:
    let
      base = baseNameOf (toString rev);
      version = match "([A-Za-z]+[-_. ]?)*(v)?([0-9.]+.*)" base;
    in
    if match "[a-f0-9]+" base != null then
      substring 0 7 base
    else if version != null then
      lib.last version
    else
      base;
  nameOf =
    repo: rev: suffix:
    "${lib.sources.urlToName repo}${lib.optionalString (rev != null) "-${shortRev rev}"}${
      lib.optionalString (suffix != null) "-${suffix}"
    }-source";
in
{
  inherit cleanSourceFilter cleanSourceWith shortRev;

  cleanSource = src: cleanSourceWith { filter = cleanSourceFilter; inherit src; };
  sourceByRegex =
    src: patterns:
    let
      root = toString (parts src).origSrc + "/";
    in
    cleanSourceWith {
      inherit src;
      filter =
        path: _:
        let
          relative = removePrefix root (toString path);
        in
        any (pattern: match pattern relative != null) patterns;
    };
  sourceFilesBySuffices =
    src: suffices:
    cleanSourceWith {
      inherit src;
      filter =
        name: type: type == "directory" || any (suffix: hasSuffix suffix (baseNameOf name)) suffices;
    };
  # The same source; what its filter decides is traced.
  trace =
    src:
    let
      inner = parts src;
    in
    fromParts {
      inherit (inner) origSrc name;
      filter =
        path: type:
        let
          kept = inner.filter path type;
        in
        builtins.trace "${toString inner.origSrc}.filter ${path} = ${boolToString kept}" kept;
    }
    // {
      satisfiesSubpathInvariant = src ? satisfiesSubpathInvariant && src.satisfiesSubpathInvariant;
    };

  pathHasContext = hasContext;
  canCleanSource = src: src ? _isLibCleanSourceWith || !(hasContext (toString src));
  pathIsGitRepo = path: headOf "HEAD" path ? value;
  commitIdFromGitRepo =
    path:
    let
      result = headOf "HEAD" path;
    in
    result.value or (throw result.error);

  # Names of fetched sources.
  revOrTag =
    rev: tag:
    if tag != null then
      tag
    else if rev != null then
      rev
    else
      "HEAD";
  urlToName =
    url:
    let
      base = baseNameOf (lib.removeSuffix "/" (lib.last (lib.splitString ":" (toString url))));
      archive = match "(.*)\\.(git|tar|zip|gz|tgz|bz|tbz|bz2|tbz2|lzma|txz|xz|zstd)";
      # `x.tar.gz` has two of them.
      bare =
        name:
        let
          parts = archive name;
        in
        if parts == null then name else bare (head parts);
    in
    bare base;
  repoRevToName =
    kind:
    if kind == "source" then
      _: _: _: "source"
    else if kind == "versioned" then
      repo: rev: _: nameOf repo rev null
    else if kind == "full" then
      nameOf
    else
      throw "repoRevToName: invalid kind";

  inherit (builtins) filterSource;
  # Files whose path matches one of the patterns: `*` is any text without a slash, `**` any directories.
  sourceByGlobs =
    src: patterns:
    let
      root = "${toString src}/";
      parts = text: filter isString (split "/" text);
      component =
        glob:
        if glob == "**" then
          null
        else
          lib.concatMapStrings (part: if isString part then lib.escapeRegex part else "[^/]*") (split "\\*+" glob);
      globs = map (pattern: map component (parts pattern)) patterns;
      matches =
        type: globs: names:
        let
          glob = head globs;
          name = head names;
          next = builtins.elemAt globs 1;
          moreGlobs = builtins.tail globs;
          moreNames = builtins.tail names;
        in
        if names == [ ] then
          # A directory may lead to what matches.
          globs == [ ] || type == "directory" || type == "symlink"
        else if globs == [ ] then
          false
        else if glob == null then
          # `**` ends where what follows it matches.
          if moreGlobs == [ ] then
            true
          else if match (if next == null then ".*" else next) name != null then
            matches type moreGlobs names
          else
            matches type globs moreNames
        else
          match glob name != null && matches type moreGlobs moreNames;
    in
    cleanSourceWith {
      inherit src;
      filter =
        path: type:
        let
          names = parts (removePrefix root path);
        in
        any (globs: matches type globs names) globs;
    };
}
