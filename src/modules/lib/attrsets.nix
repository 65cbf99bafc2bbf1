# Attribute sets.
{ lib }:
let
  inherit (builtins)
    all
    attrNames
    attrValues
    catAttrs
    concatLists
    concatMap
    elemAt
    filter
    foldl'
    head
    intersectAttrs
    isAttrs
    length
    listToAttrs
    mapAttrs
    removeAttrs
    tail
    zipAttrsWith
    ;

  nameValuePair = name: value: { inherit name value; };
  genAttrs = names: f: listToAttrs (map (name: nameValuePair name (f name)) names);
  mapAttrsToList = f: set: attrValues (mapAttrs f set);
  mergeAttrsList = foldl' (a: b: a // b) { };
  filterAttrs = keep: set: removeAttrs set (filter (name: !(keep name set.${name})) (attrNames set));

  # Along a path of names.
  attrByPath =
    path: default: set:
    let
      n = length path;
      go =
        i: value:
        if i == n then
          value
        else if value ? ${elemAt path i} then
          go (i + 1) value.${elemAt path i}
        else
          default;
    in
    go 0 set;
  setAttrByPath =
    path: value:
    let
      n = length path;
      go = i: if i == n then value else { ${elemAt path i} = go (i + 1); };
    in
    go 0;
  # How many names of the path lead somewhere.
  validLength =
    path: set:
    let
      n = length path;
      go = i: value: if i < n && value ? ${elemAt path i} then go (i + 1) value.${elemAt path i} else i;
    in
    go 0 set;

  updateAtPath =
    path: update:
    let
      n = length path;
      go =
        i: has: value:
        if i == n then
          update (
            if has then
              value
            else
              throw "updateManyAttrsByPath: Path '${lib.showAttrPath path}' does not exist in the given value, but the first update to this path tries to access the existing value."
          )
        else if has && !(isAttrs value) then
          throw "updateManyAttrsByPath: Path '${lib.showAttrPath path}' cannot be updated, because the value at '${lib.showAttrPath (lib.take i path)}' is not an attribute set."
        else
          let
            name = elemAt path i;
            below = has && value ? ${name};
          in
          (if has then value else { }) // { ${name} = go (i + 1) below (if below then value.${name} else null); };
    in
    go 0 true;

  # The right side wins, set by set, until `stop path left right`.
  recursiveUpdateUntil =
    stop: left: right:
    let
      go =
        path:
        zipAttrsWith (
          name: values:
          let
            here = path ++ [ name ];
            winner = head values;
          in
          if length values == 1 || stop here (elemAt values 1) winner then winner else go here values
        );
    in
    # `zipAttrsWith` keeps the order of its list: the winner goes first.
    go [ ] [
      right
      left
    ];

  getOutput = output: pkg: if pkg.outputSpecified or false then pkg else pkg.${output} or pkg.out or pkg;
  getFirstOutput =
    candidates: pkg:
    let
      found = filter (name: pkg ? ${name}) candidates;
    in
    if pkg.outputSpecified or false || found == [ ] then pkg else pkg.${head found};
in
{
  inherit (builtins)
    attrNames
    attrValues
    catAttrs
    getAttr
    hasAttr
    intersectAttrs
    isAttrs
    listToAttrs
    mapAttrs
    removeAttrs
    zipAttrsWith
    ;
  inherit
    attrByPath
    filterAttrs
    genAttrs
    getFirstOutput
    getOutput
    mapAttrsToList
    mergeAttrsList
    nameValuePair
    recursiveUpdateUntil
    setAttrByPath
    ;

  optionalAttrs = condition: attrs: if condition then attrs else { };
  attrVals = names: set: map (name: set.${name}) names;
  getAttrs = names: set: genAttrs names (name: set.${name});
  genAttrs' = xs: f: listToAttrs (map f xs);

  hasAttrByPath = path: set: validLength path set == length path;
  longestValidPathPrefix = path: set: lib.take (validLength path set) path;
  getAttrFromPath = path: attrByPath path (abort "cannot find attribute '${lib.concatStringsSep "." path}'");
  # Updates of longer paths come first, so that those of shorter ones see what they did.
  updateManyAttrsByPath =
    updates: set:
    foldl' (result: { path, update }: updateAtPath path update result) set (
      builtins.sort (a: b: length a.path > length b.path) updates
    );

  # Mapping and filtering.
  mapAttrs' = f: set: listToAttrs (mapAttrsToList f set);
  attrsToList = mapAttrsToList nameValuePair;
  concatMapAttrs = f: set: mergeAttrsList (mapAttrsToList f set);
  filterAttrsRecursive =
    keep: set:
    mapAttrs (_: v: if isAttrs v then lib.filterAttrsRecursive keep v else v) (filterAttrs keep set);
  mapAttrsRecursive = f: set: lib.mapAttrsRecursiveCond (_: true) f set;
  mapAttrsRecursiveCond =
    descend: f: set:
    let
      go =
        path:
        mapAttrs (
          name: value:
          let
            here = path ++ [ name ];
          in
          if isAttrs value && descend value then go here value else f here value
        );
    in
    go [ ] set;
  mapAttrsToListRecursive = f: set: lib.mapAttrsToListRecursiveCond (_: _: true) f set;
  mapAttrsToListRecursiveCond =
    descend: f: set:
    let
      go =
        path: value:
        if isAttrs value && descend path value then
          concatLists (mapAttrsToList (name: go (path ++ [ name ])) value)
        else
          [ (f path value) ];
    in
    go [ ] set;
  collect =
    keep: x:
    if keep x then
      [ x ]
    else if isAttrs x then
      concatMap (lib.collect keep) (attrValues x)
    else
      [ ];

  # Folding and zipping.
  foldlAttrs = f: init: set: foldl' (acc: name: f acc name set.${name}) init (attrNames set);
  foldAttrs = op: nul: sets: mapAttrs (_: lib.foldr op nul) (zipAttrsWith (_: values: values) sets);
  zipAttrs = zipAttrsWith (_: values: values);
  zipAttrsWithNames = names: f: sets: genAttrs names (name: f name (catAttrs name sets));
  zipWithNames = lib.zipAttrsWithNames;
  zip = lib.warn "lib.zip is a deprecated alias of lib.zipAttrsWith." zipAttrsWith;
  unionOfDisjoint =
    x: y:
    let
      both = intersectAttrs x y;
      names = lib.concatStringsSep " " (attrNames both);
    in
    x // y // mapAttrs (name: _: throw "unionOfDisjoint: collision on ${name}; complete list: ${names}") both;
  cartesianProduct =
    lists:
    foldl' (
      products: name: concatMap (product: map (value: product // { ${name} = value; }) lists.${name}) products
    ) [ { } ] (attrNames lists);
  mapCartesianProduct = f: lists: map f (lib.cartesianProduct lists);

  # Updating and comparing.
  recursiveUpdate = lhs: rhs: recursiveUpdateUntil (_: left: right: !(isAttrs left && isAttrs right)) lhs rhs;
  overrideExisting = old: new: mapAttrs (name: value: new.${name} or value) old;
  matchAttrs =
    pattern: attrs:
    assert isAttrs pattern;
    all (
      name:
      attrs ? ${name}
      && (
        if isAttrs pattern.${name} then
          isAttrs attrs.${name} && lib.matchAttrs pattern.${name} attrs.${name}
        else
          pattern.${name} == attrs.${name}
      )
    ) (attrNames pattern);

  # Derivations and their outputs.
  isDerivation = value: value.type or null == "derivation";
  toDerivation =
    path:
    let
      stored = builtins.storePath path;
      self = {
        type = "derivation";
        # What follows the hash and its dash.
        name = lib.strings.sanitizeDerivationName (builtins.substring 33 (-1) (baseNameOf stored));
        outPath = stored;
        outputs = [ "out" ];
        out = self;
        outputName = "out";
      };
    in
    self;
  getBin = getOutput "bin";
  getLib = getOutput "lib";
  getStatic = getFirstOutput [ "static" "lib" "out" ];
  getDev = getOutput "dev";
  getInclude = getFirstOutput [ "include" "dev" "out" ];
  getMan = getOutput "man";
  chooseDevOutputs = map (getOutput "dev");
  recurseIntoAttrs = attrs: attrs // { recurseForDerivations = true; };
  dontRecurseIntoAttrs = attrs: attrs // { recurseForDerivations = false; };

  showAttrPath =
    path:
    if path == [ ] then "<root attribute path>" else lib.concatMapStringsSep "." lib.strings.escapeNixIdentifier path;
}
