# Lists.
{ lib }:
let
  inherit (builtins)
    length
    elemAt
    genList
    foldl'
    filter
    concatMap
    ;
in
rec {
  inherit (builtins)
    all
    any
    concatLists
    concatMap
    elem
    elemAt
    filter
    foldl'
    genList
    groupBy
    head
    isList
    length
    map
    partition
    sort
    tail
    ;

  singleton = x: [ x ];
  toList = x: if builtins.isList x then x else [ x ];
  optional = condition: x: if condition then [ x ] else [ ];
  optionals = condition: xs: if condition then xs else [ ];
  range = first: last: if first > last then [ ] else genList (n: first + n) (last - first + 1);
  replicate = n: x: genList (_: x) n;
  forEach = xs: f: map f xs;

  # Folds. `foldr` recurses, so that the function decides how far it goes.
  foldr =
    f: nul: xs:
    let
      n = length xs;
      go = i: if i == n then nul else f (elemAt xs i) (go (i + 1));
    in
    go 0;
  fold = foldr;
  foldl =
    f: nul: xs:
    let
      go = i: if i < 0 then nul else f (go (i - 1)) (elemAt xs i);
    in
    go (length xs - 1);

  imap0 = f: xs: genList (n: f n (elemAt xs n)) (length xs);
  imap1 = f: xs: genList (n: f (n + 1) (elemAt xs n)) (length xs);
  ifilter0 = keep: xs: map (i: elemAt xs i) (filter (i: keep i (elemAt xs i)) (genList lib.id (length xs)));
  concatImap0 = f: xs: builtins.concatLists (imap0 f xs);
  concatImap1 = f: xs: builtins.concatLists (imap1 f xs);

  flatten = x: if builtins.isList x then concatMap flatten x else [ x ];
  remove = e: filter (x: x != e);
  count = f: foldl' (n: x: if f x then n + 1 else n) 0;

  findSingle =
    f: none: multiple: xs:
    let
      found = filter f xs;
    in
    if found == [ ] then
      none
    else if length found > 1 then
      multiple
    else
      builtins.head found;
  findFirstIndex =
    f: default: xs:
    let
      n = length xs;
      go =
        i:
        if i == n then
          default
        else if f (elemAt xs i) then
          i
        else
          go (i + 1);
    in
    go 0;
  findFirst =
    f: default: xs:
    let
      i = findFirstIndex f null xs;
    in
    if i == null then default else elemAt xs i;

  last = xs: if xs == [ ] then throw "lists.last: list must not be empty!" else elemAt xs (length xs - 1);
  init = xs: if xs == [ ] then throw "lists.init: list must not be empty!" else take (length xs - 1) xs;
  sublist =
    start: count: xs:
    genList (n: elemAt xs (n + start)) (lib.max 0 (lib.min count (length xs - start)));
  take = sublist 0;
  takeEnd = n: xs: drop (lib.max 0 (length xs - n)) xs;
  drop = n: xs: sublist n (length xs) xs;
  dropEnd = n: xs: take (lib.max 0 (length xs - n)) xs;
  hasPrefix = prefix: xs: take (length prefix) xs == prefix;
  removePrefix =
    prefix: xs:
    if hasPrefix prefix xs then drop (length prefix) xs else throw "lists.removePrefix: not a prefix of the list";
  commonPrefix =
    a: b:
    let
      differs = findFirstIndex (i: elemAt a i != elemAt b i) null (genList lib.id n);
      n = lib.min (length a) (length b);
    in
    take (if differs == null then n else differs) a;
  reverseList =
    xs:
    let
      n = length xs;
    in
    genList (i: elemAt xs (n - i - 1)) n;

  zipListsWith = f: a: b: genList (n: f (elemAt a n) (elemAt b n)) (lib.min (length a) (length b));
  zipLists = zipListsWith (fst: snd: { inherit fst snd; });
  crossLists = f: foldl' (fs: args: concatMap (g: map g args) fs) [ f ];

  groupBy' =
    op: nul: key: xs:
    builtins.mapAttrs (_: foldl' op nul) (builtins.groupBy key xs);
  unique = foldl' (seen: x: if builtins.elem x seen then seen else seen ++ [ x ]) [ ];
  uniqueStrings = xs: builtins.attrNames (builtins.groupBy lib.id xs);
  allUnique = xs: length (unique xs) == length xs;
  intersectLists = a: filter (x: builtins.elem x a);
  subtractLists = a: filter (x: !(builtins.elem x a));
  mutuallyExclusive = a: b: !(builtins.any (x: builtins.elem x a) b);

  sortOn = key: xs: map (p: p.value) (builtins.sort (a: b: a.key < b.key) (map (value: { key = key value; inherit value; }) xs));
  compareLists =
    cmp: a: b:
    if a == [ ] then
      if b == [ ] then 0 else -1
    else if b == [ ] then
      1
    else
      let
        first = cmp (builtins.head a) (builtins.head b);
      in
      if first == 0 then compareLists cmp (builtins.tail a) (builtins.tail b) else first;
  naturalSort =
    let
      key = s: map (part: if builtins.isList part then lib.toIntBase10 (builtins.head part) else part) (builtins.split "([0-9]+)" s);
    in
    xs: map (p: p.value) (builtins.sort (a: b: compareLists lib.compare a.key b.key < 0) (map (value: { key = key value; inherit value; }) xs));
  # An order in which nothing stands before what it depends on; `before a b` says that a comes first.
  toposort =
    before: xs:
    let
      go =
        done: rest:
        let
          free = filter (x: !(builtins.any (y: y != x && before y x) rest)) rest;
        in
        if rest == [ ] then
          { result = done; }
        else if free == [ ] then
          {
            cycle = rest;
            loops = rest;
          }
        else
          go (done ++ [ (builtins.head free) ]) (remove (builtins.head free) rest);
    in
    go [ ] xs;
  cartesianProduct = lib.attrsets.cartesianProduct;
}
