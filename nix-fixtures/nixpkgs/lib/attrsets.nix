# Attribute sets.
{ lib }:
let
  inherit (builtins)
    attrNames
    mapAttrs
    listToAttrs
    isAttrs
    ;
in
rec {
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

  nameValuePair = name: value: { inherit name value; };
  optionalAttrs = condition: attrs: if condition then attrs else { };
  attrVals = names: set: map (name: set.${name}) names;
  getAttrs = names: set: genAttrs names (name: set.${name});
  genAttrs = names: f: listToAttrs (map (name: nameValuePair name (f name)) names);
  genAttrs' = xs: f: listToAttrs (map f xs);

  # Along a path of names.
  attrByPath =
    path: default: set:
    if path == [ ] then
      set
    else if isAttrs set && set ? ${builtins.head path} then
      attrByPath (builtins.tail path) default set.${builtins.head path}
    else
      default;
  hasAttrByPath =
    path: set:
    path == [ ]
    || (isAttrs set && set ? ${builtins.head path} && hasAttrByPath (builtins.tail path) set.${builtins.head path});
  getAttrFromPath =
    path: attrByPath path (throw "cannot find attribute '${lib.concatStringsSep "." path}'");
  setAttrByPath =
    path: value: if path == [ ] then value else { ${builtins.head path} = setAttrByPath (builtins.tail path) value; };
  longestValidPathPrefix =
    path: set: lib.findFirst (prefix: hasAttrByPath prefix set) [ ] (map (n: lib.take n path) (lib.reverseList (lib.range 0 (builtins.length path))));
  updateManyAttrsByPath =
    updates: set:
    builtins.foldl' (
      result: { path, update }: updateAtPath path update result
    ) set updates;
  updateAtPath =
    path: update: set:
    if path == [ ] then
      update set
    else
      set // { ${builtins.head path} = updateAtPath (builtins.tail path) update (set.${builtins.head path} or { }); };

  # Mapping and filtering.
  mapAttrs' = f: set: listToAttrs (map (name: f name set.${name}) (attrNames set));
  mapAttrsToList = f: set: map (name: f name set.${name}) (attrNames set);
  attrsToList = mapAttrsToList nameValuePair;
  concatMapAttrs = f: set: builtins.foldl' (all: one: all // one) { } (mapAttrsToList f set);
  filterAttrs = keep: set: builtins.removeAttrs set (builtins.filter (name: !(keep name set.${name})) (attrNames set));
  filterAttrsRecursive =
    keep: set:
    mapAttrs (_: v: if isAttrs v then filterAttrsRecursive keep v else v) (filterAttrs keep set);
  mapAttrsRecursive = mapAttrsRecursiveCond (_: true);
  mapAttrsRecursiveCond =
    descend: f: set:
    let
      go = path: mapAttrs (name: v: if isAttrs v && descend v then go (path ++ [ name ]) v else f (path ++ [ name ]) v);
    in
    go [ ] set;
  mapAttrsToListRecursive = mapAttrsToListRecursiveCond (_: _: true);
  mapAttrsToListRecursiveCond =
    descend: f: set:
    let
      go = path: v: if isAttrs v && descend path v then builtins.concatLists (mapAttrsToList (name: go (path ++ [ name ])) v) else [ (f path v) ];
    in
    go [ ] set;
  collect =
    keep: x:
    if keep x then
      [ x ]
    else if isAttrs x then
      builtins.concatMap (collect keep) (builtins.attrValues x)
    else
      [ ];
  foldlAttrs = f: init: set: builtins.foldl' (acc: name: f acc name set.${name}) init (attrNames set);
  foldAttrs =
    op: nul: sets:
    mapAttrs (_: lib.foldr op nul) (zipAttrs sets);
  zipAttrs = builtins.zipAttrsWith (_: values: values);
  zipAttrsWithNames =
    names: f: sets:
    genAttrs names (name: f name (builtins.catAttrs name sets));
  zipWithNames = zipAttrsWithNames;
  unionOfDisjoint =
    a: b:
    a // mapAttrs (name: v: if a ? ${name} then throw "unionOfDisjoint: both sets have an attribute '${name}'" else v) b;
  mergeAttrsList = builtins.foldl' (a: b: a // b) { };
  invertAttrs = mapAttrs' (name: value: nameValuePair value name);
  cartesianProduct =
    sets:
    builtins.foldl' (
      products: name: builtins.concatMap (product: map (value: product // { ${name} = value; }) sets.${name}) products
    ) [ { } ] (attrNames sets);
  mapCartesianProduct = f: sets: map f (cartesianProduct sets);

  # The right side wins, set by set, until `stop path left right`.
  recursiveUpdateUntil =
    stop: left: right:
    let
      go =
        path:
        builtins.zipAttrsWith (
          name: values:
          let
            here = path ++ [ name ];
            first = builtins.head values;
            second = builtins.elemAt values 1;
          in
          if builtins.length values == 1 || stop here second first then first else go here values
        );
    in
    # `zipAttrsWith` keeps the order of its list: the winner goes first.
    go [ ] [
      right
      left
    ];
  recursiveUpdate = recursiveUpdateUntil (_: left: right: !(isAttrs left && isAttrs right));
  matchAttrs =
    pattern: attrs:
    builtins.all (
      name:
      attrs ? ${name}
      && (if isAttrs pattern.${name} then isAttrs attrs.${name} && matchAttrs pattern.${name} attrs.${name} else pattern.${name} == attrs.${name})
    ) (attrNames pattern);
  overrideExisting = old: new: mapAttrs (name: v: new.${name} or v) old;

  # Derivations and their outputs.
  isDerivation = v: v.type or null == "derivation";
  toDerivation = path: {
    type = "derivation";
    name = builtins.unsafeDiscardStringContext (builtins.baseNameOf path);
    outPath = path;
    outputs = [ "out" ];
    outputName = "out";
  };
  getOutput = output: pkg: if pkg ? outputSpecified && pkg.outputSpecified then pkg else pkg.${output} or pkg.out or pkg;
  getFirstOutput = outputs: pkg: pkg.${lib.findFirst (o: pkg ? ${o}) "out" outputs} or pkg;
  getBin = getOutput "bin";
  getLib = getOutput "lib";
  getDev = getOutput "dev";
  getMan = getOutput "man";
  dontRecurseIntoAttrs = attrs: attrs // { recurseForDerivations = false; };
  recurseIntoAttrs = attrs: attrs // { recurseForDerivations = true; };

  showAttrPath = path: if path == [ ] then "<root attribute path>" else lib.concatMapStringsSep "." lib.strings.escapeNixIdentifier path;
}
