# Lists.
{ lib }:
let
  inherit (builtins)
    any
    attrNames
    concatMap
    elem
    elemAt
    filter
    foldl'
    genList
    groupBy
    head
    isInt
    isList
    length
    mapAttrs
    partition
    sort
    tail
    ;

  indices = xs: genList (i: i) (length xs);
  # Recurses, so that the function decides how far it goes.
  foldr =
    f: nul: xs:
    let
      n = length xs;
      go = i: if i == n then nul else f (elemAt xs i) (go (i + 1));
    in
    go 0;
  foldl =
    f: nul: xs:
    let
      go = i: if i < 0 then nul else f (go (i - 1)) (elemAt xs i);
    in
    go (length xs - 1);
  sublist =
    start: count: xs:
    let
      n = length xs;
      available = if start >= n then 0 else n - start;
    in
    genList (i: elemAt xs (start + i)) (if count < available then count else available);
  take = sublist 0;
  drop = count: xs: sublist count (length xs) xs;
  unique = foldl' (seen: x: if elem x seen then seen else seen ++ [ x ]) [ ];
in
{
  inherit (builtins)
    all
    any
    concatLists
    concatMap
    elem
    elemAt
    filter
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
  inherit
    drop
    foldl
    foldr
    sublist
    take
    unique
    ;

  singleton = x: [ x ];
  toList = x: if isList x then x else [ x ];
  optional = condition: x: if condition then [ x ] else [ ];
  optionals = condition: xs: if condition then xs else [ ];
  range = first: last: if first > last then [ ] else genList (i: first + i) (last - first + 1);
  replicate = n: x: genList (_: x) n;
  forEach = xs: f: map f xs;

  # Unlike the builtin, this forces the first accumulator.
  foldl' =
    op: acc:
    builtins.seq acc (foldl' op acc);
  fold = foldr;

  imap0 = f: xs: genList (i: f i (elemAt xs i)) (length xs);
  imap1 = f: xs: genList (i: f (i + 1) (elemAt xs i)) (length xs);
  ifilter0 = keep: xs: map (elemAt xs) (filter (i: keep i (elemAt xs i)) (indices xs));

  # The elements of all lists in a set, in the order of their names.
  concatAttrValues = set: builtins.concatLists (builtins.attrValues set);
  replaceElemAt =
    xs: index: x:
    if index < 0 || index >= length xs then
      throw "'lists.replaceElemAt' called with index ${toString index} on a list of size ${toString (length xs)}"
    else
      genList (i: if i == index then x else elemAt xs i) (length xs);

  flatten = x: if isList x then concatMap lib.lists.flatten x else [ x ];
  remove = e: filter (x: x != e);
  count = f: foldl' (n: x: if f x then n + 1 else n) 0;

  findSingle =
    f: none: multiple: xs:
    let
      found = filter f xs;
      n = length found;
    in
    if n == 0 then
      none
    else if n == 1 then
      head found
    else
      multiple;
  findFirstIndex =
    f: default: xs:
    let
      # A fold does not stop, but neither does it call `f` again, and it needs no stack.
      found = foldl' (found: i: if found == null && f (elemAt xs i) then i else found) null (indices xs);
    in
    if found == null then default else found;
  findFirst =
    f: default: xs:
    let
      i = lib.lists.findFirstIndex f null xs;
    in
    if i == null then default else elemAt xs i;

  last = xs: assert lib.assertMsg (xs != [ ]) "lists.last: list must not be empty!"; elemAt xs (length xs - 1);
  init = xs: assert lib.assertMsg (xs != [ ]) "lists.init: list must not be empty!"; take (length xs - 1) xs;
  takeEnd = n: xs: drop (lib.max 0 (length xs - n)) xs;
  dropEnd = n: xs: take (lib.max 0 (length xs - n)) xs;
  hasPrefix = prefix: xs: take (length prefix) xs == prefix;
  removePrefix =
    prefix: xs:
    if lib.lists.hasPrefix prefix xs then
      drop (length prefix) xs
    else
      throw "lists.removePrefix: First argument is not a list prefix of the second argument";
  commonPrefix =
    a: b:
    let
      both = lib.lists.zipLists a b;
      differs = lib.lists.findFirstIndex (pair: pair.fst != pair.snd) (length both) both;
    in
    take differs a;
  reverseList =
    xs:
    let
      n = length xs;
    in
    genList (i: elemAt xs (n - 1 - i)) n;

  # Sets of elements.
  allUnique = xs: length (unique xs) == length xs;
  uniqueStrings = xs: attrNames (groupBy (x: x) xs);
  intersectLists = es: filter (x: elem x es);
  subtractLists = es: filter (x: !(elem x es));
  mutuallyExclusive = a: b: !(any (x: elem x a) b);
  groupBy' = op: nul: key: xs: mapAttrs (_: foldl op nul) (groupBy key xs);

  zipListsWith =
    f: xs: ys:
    genList (i: f (elemAt xs i) (elemAt ys i)) (lib.min (length xs) (length ys));
  zipLists = lib.lists.zipListsWith (fst: snd: { inherit fst snd; });
  crossLists = lib.warn "lib.crossLists is deprecated, use lib.mapCartesianProduct instead." (
    f: foldl (fs: args: concatMap (f: map f args) fs) [ f ]
  );

  # Order.
  sortOn =
    key: xs:
    map (pair: elemAt pair 1) (
      sort (a: b: head a < head b) (
        map (x: [
          (key x)
          x
        ]) xs
      )
    );
  compareLists =
    cmp: a: b:
    if a == [ ] then
      if b == [ ] then 0 else -1
    else if b == [ ] then
      1
    else
      let
        first = cmp (head a) (head b);
      in
      if first == 0 then lib.compareLists cmp (tail a) (tail b) else first;
  # Runs of digits count as numbers.
  naturalSort =
    let
      key = s: map (part: if isList part then lib.toInt (head part) else part) (builtins.split "(0|[1-9][0-9]*)" s);
      pairs = map (x: [
        (key x)
        x
      ]);
    in
    xs: map (pair: elemAt pair 1) (sort (a: b: lib.compareLists lib.compare (head a) (head b) < 0) (pairs xs));

  # From the first element to one that has none before it; `before a b` says that a comes first.
  listDfs =
    stopOnCycles: before: xs:
    let
      visit =
        here: visited: rest:
        let
          loops = filter (x: before x here) visited;
          earlier = partition (x: before x here) rest;
        in
        if stopOnCycles && loops != [ ] then
          {
            cycle = here;
            inherit loops visited rest;
          }
        else if earlier.right == [ ] then
          {
            minimal = here;
            inherit visited rest;
          }
        else
          visit (head earlier.right) ([ here ] ++ visited) (tail earlier.right ++ earlier.wrong);
    in
    visit (head xs) [ ] (tail xs);
  toposort =
    before: xs:
    let
      found = lib.listDfs true before xs;
      others = lib.toposort before (found.visited ++ found.rest);
    in
    if length xs < 2 then
      { result = xs; }
    else if found ? cycle then
      {
        cycle = lib.reverseList ([ found.cycle ] ++ found.visited);
        inherit (found) loops;
      }
    else if others ? cycle then
      others
    else
      { result = [ found.minimal ] ++ others.result; };
}
