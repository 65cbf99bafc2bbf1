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

  shortRev = rev: if builtins.stringLength rev > 9 && match "[0-9a-f]+" rev != null then substring 0 7 rev else rev;
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
    if rev != null && tag != null then
      throw "`rev` and `tag` arguments are mutually exclusive"
    else if rev != null then
      rev
    else if tag != null then
      tag
    else
      throw "Either `rev` or `tag` must be provided";
  urlToName =
    url:
    let
      last = lib.last (filter (part: isString part && part != "") (split "[:/]" (lib.removeSuffix "/" "${url}")));
      bare = match "(.*)\\.(git|tar|tgz|zip)(\\..*)?" last;
    in
    if bare == null then last else head bare;
  repoRevToNameMaybe =
    url: rev: suffix:
    let
      base = lib.sources.urlToName url;
    in
    if rev == null then "source" else "${base}-${shortRev rev}${lib.optionalString (suffix != null) "-${suffix}"}-source";
  repoRevToName =
    kind:
    {
      pretty = lib.sources.repoRevToNamePretty;
      source = _: _: _: "source";
      versioned = lib.sources.repoRevToNameMaybe;
    }
    .${kind};
  repoRevToNamePretty =
    url: rev: suffix:
    "${lib.sources.urlToName url}-${shortRev rev}${lib.optionalString (suffix != null) "-${suffix}"}";
}
