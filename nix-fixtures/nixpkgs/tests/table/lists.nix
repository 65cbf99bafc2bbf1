# lib.lists
{ lib, manual, known, throws }:
let
  l = lib.lists;
  before = a: b: a < b;
in
{
  "lists.singleton" = [ (manual (l.singleton "foo") [ "foo" ]) ];
  "lists.forEach" = [ (manual (l.forEach [ 1 2 ] (x: toString x)) [ "1" "2" ]) ];
  "lists.foldr" = [ (manual (l.foldr (a: b: a + b) "z" [ "a" "b" "c" ]) "abcz") (manual (l.foldr (a: b: toString (a + 1) + b) "a" [ 1 2 3 4 ]) "2345a") (known (l.foldr (a: b: a || b) false [ true (throw "not reached") ]) true) ];
  "lists.fold" = [ (known (l.fold (a: b: a + b) "z" [ "a" ]) "az") ];
  "lists.foldl" = [ (manual (l.foldl (a: b: a + b) "z" [ "a" "b" "c" ]) "zabc") (known (l.foldl (a: b: b) 0 [ (throw "unused") 2 ]) 2) ];
  "lists.foldl'" = [ (known (l.foldl' (acc: x: acc + x) 0 [ 1 2 3 ]) 6) (throws (l.foldl' (acc: x: x) (throw "forced") [ ])) (throws (l.foldl' (acc: x: x) (throw "forced") [ 1 ])) ];
  "lists.imap0" = [ (manual (l.imap0 (i: v: "${v}-${toString i}") [ "a" "b" ]) [ "a-0" "b-1" ]) ];
  "lists.imap1" = [ (manual (l.imap1 (i: v: "${v}-${toString i}") [ "a" "b" ]) [ "a-1" "b-2" ]) ];
  "lists.ifilter0" = [ (manual (l.ifilter0 (i: v: i == 0 || v > 2) [ 1 2 3 ]) [ 1 3 ]) ];
  "lists.concatMap" = [ (manual (l.concatMap (x: [ x ] ++ [ "z" ]) [ "a" "b" ]) [ "a" "z" "b" "z" ]) ];
  "lists.concatAttrValues" = [ (manual (l.concatAttrValues { a = [ 1 2 ]; b = [ 3 ]; }) [ 1 2 3 ]) (known (l.concatAttrValues { }) [ ]) ];
  "lists.replaceElemAt" = [ (manual (l.replaceElemAt [ 1 2 3 ] 0 "a") [ "a" 2 3 ]) (known (l.replaceElemAt [ 1 2 3 ] 2 "a") [ 1 2 "a" ]) (throws (l.replaceElemAt [ 1 ] 1 2)) (throws (l.replaceElemAt [ 1 ] (-1) 2)) ];
  "lists.flatten" = [ (manual (l.flatten [ 1 [ 2 [ 3 ] 4 ] 5 ]) [ 1 2 3 4 5 ]) (manual (l.flatten 1) [ 1 ]) ];
  "lists.remove" = [ (manual (l.remove 3 [ 1 3 4 3 ]) [ 1 4 ]) ];
  "lists.findSingle" = [ (manual (l.findSingle (x: x == 3) "none" "multiple" [ 1 3 3 ]) "multiple") (manual (l.findSingle (x: x == 3) "none" "multiple" [ 1 3 ]) 3) (manual (l.findSingle (x: x == 3) "none" "multiple" [ 1 9 ]) "none") ];
  "lists.findFirstIndex" = [ (manual (l.findFirstIndex (x: x > 3) null [ 0 6 4 ]) 1) (manual (l.findFirstIndex (x: x > 9) null [ 0 6 4 ]) null) (known (l.findFirstIndex (x: x) null [ true (throw "not reached") ]) 0) ];
  "lists.findFirst" = [ (manual (l.findFirst (x: x > 3) 7 [ 1 6 4 ]) 6) (manual (l.findFirst (x: x > 9) 7 [ 1 6 4 ]) 7) ];
  "lists.any" = [ (manual (l.any builtins.isString [ 1 "a" { } ]) true) (known (l.any (x: true) [ ]) false) ];
  "lists.all" = [ (manual (l.all (x: x < 3) [ 1 2 ]) true) (manual (l.all (x: x < 3) [ 1 2 3 ]) false) (known (l.all (x: false) [ ]) true) ];
  "lists.count" = [ (manual (l.count (x: x == 3) [ 3 2 3 4 6 ]) 2) ];
  "lists.optional" = [ (manual (l.optional true "foo") [ "foo" ]) (manual (l.optional false "foo") [ ]) (known (builtins.length (l.optional true (throw "unused"))) 1) ];
  "lists.optionals" = [ (manual (l.optionals true [ 2 3 ]) [ 2 3 ]) (manual (l.optionals false [ 2 3 ]) [ ]) ];
  "lists.toList" = [ (manual (l.toList [ 1 2 ]) [ 1 2 ]) (manual (l.toList "hi") [ "hi" ]) (known (l.toList null) [ null ]) ];
  "lists.range" = [ (manual (l.range 2 4) [ 2 3 4 ]) (manual (l.range 3 2) [ ]) (known (l.range (-1) 1) [ (-1) 0 1 ]) (known (l.range 7 7) [ 7 ]) ];
  "lists.replicate" = [ (manual (l.replicate 3 "a") [ "a" "a" "a" ]) (manual (l.replicate 2 true) [ true true ]) (known (l.replicate 0 1) [ ]) ];
  "lists.partition" = [ (manual (l.partition (x: x > 2) [ 5 1 2 3 4 ]) { right = [ 5 3 4 ]; wrong = [ 1 2 ]; }) ];
  "lists.groupBy" = [ (manual (l.groupBy (x: if x > 2 then "true" else "false") [ 5 1 2 3 4 ]) { true = [ 5 3 4 ]; false = [ 1 2 ]; }) ];
  "lists.groupBy'" = [ (manual (l.groupBy' builtins.add 0 (x: lib.boolToString (x > 2)) [ 5 1 2 3 4 ]) { true = 12; false = 3; }) (manual (l.groupBy' (xs: x: xs ++ [ x ]) [ ] (x: if x > 1 then "b" else "a") [ 2 1 3 ]) { a = [ 1 ]; b = [ 2 3 ]; }) ];
  "lists.zipListsWith" = [ (manual (l.zipListsWith (a: b: a + b) [ "h" "l" ] [ "e" "o" ]) [ "he" "lo" ]) (known (l.zipListsWith (a: b: a + b) [ 1 2 3 ] [ 10 ]) [ 11 ]) ];
  "lists.zipLists" = [ (manual (l.zipLists [ 1 2 ] [ "a" "b" ]) [ { fst = 1; snd = "a"; } { fst = 2; snd = "b"; } ]) ];
  "lists.reverseList" = [ (manual (l.reverseList [ "b" "o" "j" ]) [ "j" "o" "b" ]) (known (l.reverseList [ ]) [ ]) ];
  "lists.listDfs" = [
    (manual (l.listDfs true lib.hasPrefix [ "/home/user" "other" "/" "/home" ]) { minimal = "/"; visited = [ "/home/user" ]; rest = [ "/home" "other" ]; })
    (manual (l.listDfs true lib.hasPrefix [ "/home/user" "other" "/" "/home" "/" ]) { cycle = "/"; loops = [ "/" ]; visited = [ "/" "/home/user" ]; rest = [ "/home" "other" ]; })
  ];
  "lists.toposort" = [
    (manual (l.toposort lib.hasPrefix [ "/home/user" "other" "/" "/home" ]) { result = [ "/" "/home" "/home/user" "other" ]; })
    (manual (l.toposort lib.hasPrefix [ "/home/user" "other" "/" "/home" "/" ]) { cycle = [ "/home/user" "/" "/" ]; loops = [ "/" ]; })
    (manual (l.toposort lib.hasPrefix [ "other" "/home/user" "/home" "/" ]) { result = [ "other" "/" "/home" "/home/user" ]; })
    (manual (l.toposort before [ 3 2 1 ]) { result = [ 1 2 3 ]; })
    (known (l.toposort before [ ]) { result = [ ]; })
  ];
  "lists.sort" = [ (manual (l.sort (p: q: p < q) [ 5 3 7 ]) [ 3 5 7 ]) (known (map (x: x.b) (l.sort (p: q: p.a < q.a) [ { a = 1; b = "x"; } { a = 0; b = "y"; } { a = 1; b = "z"; } ])) [ "y" "x" "z" ]) ];
  "lists.sortOn" = [ (manual (l.sortOn builtins.stringLength [ "aa" "b" "cccc" ]) [ "b" "aa" "cccc" ]) (known (l.sortOn (x: -x) [ 1 3 2 ]) [ 3 2 1 ]) ];
  "lists.compareLists" = [ (manual (l.compareLists lib.compare [ ] [ ]) 0) (manual (l.compareLists lib.compare [ ] [ "a" ]) (-1)) (manual (l.compareLists lib.compare [ "a" ] [ ]) 1) (manual (l.compareLists lib.compare [ "a" "b" ] [ "a" "c" ]) (-1)) ];
  "lists.naturalSort" = [ (manual (l.naturalSort [ "disk11" "disk8" "disk100" "disk9" ]) [ "disk8" "disk9" "disk11" "disk100" ]) (manual (l.naturalSort [ "10.46.133.149" "10.5.16.62" "10.54.16.25" ]) [ "10.5.16.62" "10.46.133.149" "10.54.16.25" ]) (manual (l.naturalSort [ "v0.2" "v0.15" "v0.0.9" ]) [ "v0.0.9" "v0.2" "v0.15" ]) ];
  "lists.take" = [ (manual (l.take 2 [ "a" "b" "c" "d" ]) [ "a" "b" ]) (manual (l.take 2 [ ]) [ ]) (known (l.take 9 [ 1 ]) [ 1 ]) ];
  "lists.takeEnd" = [ (manual (l.takeEnd 2 [ "a" "b" "c" "d" ]) [ "c" "d" ]) (manual (l.takeEnd 2 [ ]) [ ]) ];
  "lists.drop" = [ (manual (l.drop 2 [ "a" "b" "c" "d" ]) [ "c" "d" ]) (manual (l.drop 2 [ ]) [ ]) ];
  "lists.dropEnd" = [ (manual (l.dropEnd 2 [ "a" "b" "c" "d" ]) [ "a" "b" ]) (manual (l.dropEnd 2 [ ]) [ ]) ];
  "lists.hasPrefix" = [ (manual (l.hasPrefix [ 1 2 ] [ 1 2 3 4 ]) true) (manual (l.hasPrefix [ 0 1 ] [ 1 2 3 4 ]) false) (known (l.hasPrefix [ 1 ] [ ]) false) ];
  "lists.removePrefix" = [ (manual (l.removePrefix [ 1 2 ] [ 1 2 3 4 ]) [ 3 4 ]) (throws (l.removePrefix [ 0 1 ] [ 1 2 3 4 ])) ];
  "lists.sublist" = [ (manual (l.sublist 1 3 [ "a" "b" "c" "d" "e" ]) [ "b" "c" "d" ]) (manual (l.sublist 1 3 [ ]) [ ]) (known (l.sublist 1 9 [ 1 2 ]) [ 2 ]) ];
  "lists.commonPrefix" = [ (manual (l.commonPrefix [ 1 2 3 4 5 6 ] [ 1 2 4 8 ]) [ 1 2 ]) (manual (l.commonPrefix [ 1 2 3 ] [ 1 2 3 4 5 ]) [ 1 2 3 ]) (manual (l.commonPrefix [ 1 2 3 ] [ 4 5 6 ]) [ ]) ];
  "lists.last" = [ (manual (l.last [ 1 2 3 ]) 3) (throws (l.last [ ])) ];
  "lists.init" = [ (manual (l.init [ 1 2 3 ]) [ 1 2 ]) (throws (l.init [ ])) ];
  "lists.crossLists" = [ (known (l.crossLists (x: y: "${toString x}${toString y}") [ [ 1 2 ] [ 3 4 ] ]) [ "13" "14" "23" "24" ]) ];
  "lists.unique" = [ (manual (l.unique [ 3 2 3 4 ]) [ 3 2 4 ]) (known (l.unique [ { a = 1; } { a = 1; } ]) [ { a = 1; } ]) ];
  "lists.uniqueStrings" = [ (manual (l.uniqueStrings [ "foo" "bar" "foo" ]) [ "bar" "foo" ]) ];
  "lists.allUnique" = [ (manual (l.allUnique [ 3 2 3 4 ]) false) (manual (l.allUnique [ 3 2 4 1 ]) true) ];
  "lists.intersectLists" = [ (manual (l.intersectLists [ 1 2 3 ] [ 6 3 2 ]) [ 3 2 ]) ];
  "lists.subtractLists" = [ (manual (l.subtractLists [ 3 2 ] [ 1 2 3 4 5 3 ]) [ 1 4 5 ]) ];
  "lists.mutuallyExclusive" = [ (known (l.mutuallyExclusive [ 1 2 ] [ 3 ]) true) (known (l.mutuallyExclusive [ 1 2 ] [ 2 ]) false) ];
  "lists.concatLists" = [ (known (l.concatLists [ [ 1 ] [ ] [ 2 3 ] ]) [ 1 2 3 ]) ];
  "lists.elem" = [ (known (l.elem 1 [ 2 1 ]) true) ];
  "lists.elemAt" = [ (known (l.elemAt [ 1 2 ] 1) 2) ];
  "lists.filter" = [ (known (l.filter (x: x > 1) [ 1 2 3 ]) [ 2 3 ]) ];
  "lists.genList" = [ (known (l.genList (i: i * i) 4) [ 0 1 4 9 ]) ];
  "lists.head" = [ (known (l.head [ 1 (throw "unused") ]) 1) ];
  "lists.tail" = [ (known (l.tail [ 1 2 3 ]) [ 2 3 ]) ];
  "lists.isList" = [ (known (map l.isList [ [ ] { } ]) [ true false ]) ];
  "lists.length" = [ (known (l.length [ (throw "unused") 2 ]) 2) ];
  "lists.map" = [ (known (l.map (x: x + 1) [ 1 2 ]) [ 2 3 ]) ];
}
