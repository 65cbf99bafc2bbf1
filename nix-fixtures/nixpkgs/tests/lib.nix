# The functions that need nothing but builtins.
{ lib }:
let
  is = expr: expected: { inherit expr expected; };
in
{
  pipe = is (lib.pipe 2 [ (x: x + 1) (x: x * 2) ]) 6;
  fix = is (lib.fix (self: { a = 1; b = self.a + 1; })).b 2;
  extends = is (lib.fix (lib.extends (final: prev: { b = prev.b + final.a; }) (self: { a = 1; b = 2; }))) { a = 1; b = 3; };
  composed = is (lib.fix (lib.extends (lib.composeManyExtensions [ (_: p: { a = p.a + 1; }) (_: p: { a = p.a * 10; }) ]) (_: { a = 1; }))) { a = 20; };
  extensible = is ((lib.makeExtensible (self: { a = 1; b = self.a; })).extend (_: _: { a = 5; })).b 5;
  functionArgs = is (lib.functionArgs (lib.setFunctionArgs (x: x) { a = true; })) { a = true; };
  toHexString = is (lib.toHexString 48879) "BEEF";
  fromHexString = is (lib.fromHexString "0xff") 255;
  mod = is (lib.mod 11 4) 3;

  optional = is (lib.optional true 1 ++ lib.optionals false [ 2 ]) [ 1 ];
  range = is (lib.range 2 4 ++ lib.range 4 2) [ 2 3 4 ];
  flatten = is (lib.flatten [ 1 [ 2 [ 3 ] ] [ ] ]) [ 1 2 3 ];
  foldr = is (lib.foldr (x: acc: "${x}(${acc})") "z" [ "a" "b" ]) "a(b(z))";
  foldl = is (lib.foldl (acc: x: "(${acc})${x}") "z" [ "a" "b" ]) "((z)a)b";
  imap1 = is (lib.imap1 (i: x: "${x}${toString i}") [ "a" "b" ]) [ "a1" "b2" ];
  sublist = is (lib.sublist 1 5 [ 1 2 3 ] ++ lib.take 1 [ 7 8 ] ++ lib.drop 3 [ 1 ]) [ 2 3 7 ];
  lastInit = is [ (lib.last [ 1 2 ]) (lib.init [ 1 2 ]) ] [ 2 [ 1 ] ];
  lastOfNone.fails = lib.last [ ];
  unique = is (lib.unique [ 3 1 3 2 1 ]) [ 3 1 2 ];
  findFirst = is [ (lib.findFirst (x: x > 1) null [ 1 2 3 ]) (lib.findFirst (x: x > 5) null [ 1 ]) ] [ 2 null ];
  findSingle = is (map (lib.findSingle (x: x == 3) "none" "many") [ [ 1 ] [ 3 ] [ 3 3 ] ]) [ "none" 3 "many" ];
  zipLists = is (lib.zipListsWith (a: b: a + b) [ 1 2 3 ] [ 10 20 ]) [ 11 22 ];
  naturalSort = is (lib.naturalSort [ "disk11" "disk8" "disk100" ]) [ "disk8" "disk11" "disk100" ];
  sortOn = is (lib.sortOn builtins.stringLength [ "ccc" "a" "bb" ]) [ "a" "bb" "ccc" ];
  toposort = is (lib.toposort (a: b: b == a + 1) [ 3 1 2 ]).result [ 1 2 3 ];
  toposortLoop = is (lib.toposort (a: b: true) [ 1 2 ] ? cycle) true;
  subtract = is [ (lib.subtractLists [ 1 ] [ 1 2 ]) (lib.intersectLists [ 1 2 ] [ 2 3 ]) ] [ [ 2 ] [ 2 ] ];
  groupBy' = is (lib.groupBy' builtins.add 0 (x: if x > 2 then "big" else "small") [ 1 2 3 ]) { big = 3; small = 3; };
  commonPrefix = is (lib.lists.commonPrefix [ 1 2 3 ] [ 1 2 4 ]) [ 1 2 ];

  attrByPath = is [ (lib.attrByPath [ "a" "b" ] 0 { a.b = 1; }) (lib.attrByPath [ "a" "c" ] 0 { a.b = 1; }) ] [ 1 0 ];
  hasAttrByPath = is [ (lib.hasAttrByPath [ "a" "b" ] { a.b = null; }) (lib.hasAttrByPath [ "a" "b" ] { a = 1; }) ] [ true false ];
  setAttrByPath = is (lib.setAttrByPath [ "a" "b" ] 1) { a.b = 1; };
  updateMany = is (lib.updateManyAttrsByPath [ { path = [ "a" "b" ]; update = x: x + 1; } ] { a.b = 1; a.c = 2; }) { a = { b = 2; c = 2; }; };
  filterAttrs = is (lib.filterAttrs (n: v: n == "a" || v == 3) { a = 1; b = 2; c = 3; }) { a = 1; c = 3; };
  mapAttrs' = is (lib.mapAttrs' (n: v: lib.nameValuePair "x${n}" (v + 1)) { a = 1; }) { xa = 2; };
  mapAttrsToList = is (lib.mapAttrsToList (n: v: n + v) { b = "2"; a = "1"; }) [ "a1" "b2" ];
  mapAttrsRecursive = is (lib.mapAttrsRecursive (path: v: lib.concatStringsSep "." path + v) { a.b = "!"; }) { a.b = "a.b!"; };
  recursiveUpdate = is (lib.recursiveUpdate { a = { b = 1; c = 2; }; d = 1; } { a.b = 3; d.e = 4; }) { a = { b = 3; c = 2; }; d.e = 4; };
  foldAttrs = is (lib.foldAttrs (x: acc: [ x ] ++ acc) [ ] [ { a = 1; } { a = 2; b = 3; } ]) { a = [ 1 2 ]; b = [ 3 ]; };
  zipAttrsWith = is (lib.zipAttrsWith (_: lib.foldl' builtins.add 0) [ { a = 1; } { a = 2; } ]) { a = 3; };
  collect = is (lib.collect builtins.isInt { a = 1; b.c = 2; d = "x"; }) [ 1 2 ];
  cartesian = is (lib.cartesianProduct { a = [ 1 2 ]; b = [ 3 ]; }) [ { a = 1; b = 3; } { a = 2; b = 3; } ];
  concatMapAttrs = is (lib.concatMapAttrs (n: v: { ${n} = v; "${n}2" = v; }) { x = 1; }) { x = 1; x2 = 1; };
  genAttrs = is (lib.genAttrs [ "a" "b" ] (n: n + n)) { a = "aa"; b = "bb"; };
  unionOfDisjoint.fails = lib.attrsets.unionOfDisjoint { a = 1; } { a = 2; };

  splitString = is [ (lib.splitString "." "a.b..c") (lib.splitString "/" "x") ] [ [ "a" "b" "" "c" ] [ "x" ] ];
  prefixes = is [ (lib.hasPrefix "ab" "abc") (lib.hasPrefix "abc" "ab") (lib.hasSuffix "bc" "abc") (lib.hasSuffix "abc" "bc") (lib.hasInfix "b.c" "ab.cd") (lib.hasInfix "b.c" "abxcd") ] [ true false true false true false ];
  removePrefix = is [ (lib.removePrefix "a" "ab") (lib.removePrefix "x" "ab") (lib.removeSuffix "b" "ab") ] [ "b" "ab" "a" ];
  trim = is [ (lib.trim " \n a b\t ") (lib.trim "") (lib.trim " ") (lib.strings.trimWith { start = true; } " a ") (lib.strings.trimWith { end = true; } " a ") ] [ "a b" "" "" "a " " a" ];
  toInt = is (map lib.toInt [ "0" "42" " -7 " ]) [ 0 42 (-7) ];
  toIntLetters.fails = lib.toInt "4a";
  toIntOctal.fails = lib.toInt "042";
  toIntBase10 = is (lib.toIntBase10 "042") 42;
  escapeShellArg = is (map lib.escapeShellArg [ "plain/x" "it's" "" ]) [ "plain/x" "'it'\\''s'" "''" ];
  escapeNixIdentifier = is (map lib.strings.escapeNixIdentifier [ "a-b" "1a" "if" "a.b" ]) [ "a-b" ''"1a"'' ''"if"'' ''"a.b"'' ];
  versions = is [ (lib.versionAtLeast "22.11" "22.05") (lib.versionOlder "1.10" "1.9") (lib.versions.majorMinor "1.2.3") (lib.versions.pad 3 "1.2") ] [ true false "1.2" "1.2.0" ];
  fixedWidth = is (lib.fixedWidthNumber 4 42) "0042";
  levenshtein = is [ (lib.strings.levenshtein "kitten" "sitting") (lib.strings.levenshteinAtMost 2 "httpd" "htpd") ] [ 3 true ];
  case = is [ (lib.toUpper "aBc") (lib.toSentenceCase "after") ] [ "ABC" "After" ];
  escapeURL = is (lib.escapeURL "a b/c") "a%20b%2Fc";
  makeBinPath = is (lib.makeBinPath [ "/a" "/b" ]) "/a/bin:/b/bin";
  getExe = is (lib.getExe { type = "derivation"; outPath = "/p"; meta.mainProgram = "x"; }) "/p/bin/x";
  sanitize = is (lib.strings.sanitizeDerivationName "a b@c") "a-b-c";

  toINI = is (lib.generators.toINI { } { s = { a = true; b = 2; }; t.c = "x"; }) "[s]\na=true\nb=2\n\n[t]\nc=x\n";
  toKeyValue = is (lib.generators.toKeyValue { listsAsDuplicateKeys = true; } { a = [ 1 2 ]; }) "a=1\na=2\n";
  toGitINI = is (lib.generators.toGitINI { user.name = "x"; url."a".insteadOf = "b"; }) "[url \"a\"]\n\tinsteadOf = \"b\"\n\n[user]\n\tname = \"x\"\n";
  toPretty = is (lib.generators.toPretty { multiline = false; } { a = [ 1 "x" ]; f = x: x; }) ''{ a = [ 1 "x" ]; f = <function>; }'';

  assertMsg.fails = lib.assertMsg false "no";
  runTests = is (map (t: t.name) (lib.runTests { testA = { expr = 1; expected = 1; }; testB = { expr = 1; expected = 2; }; other = { expr = 1; expected = 2; }; })) [ "testB" ];
}
