# lib.trivial, lib.fixedPoints, lib.versions, lib.asserts, lib.debug.
{ lib, manual, known, throws }:
let
  t = lib.trivial;
  f = lib.fixedPoints;
  v = lib.versions;
  a = lib.asserts;
  d = lib.debug;
  args = { a, b ? 1 }: a;
  functor = { __functor = self: x: x; };
in
{
  "trivial.id" = [ (manual (t.id 1) 1) (known (map t.id [ "a" null ]) [ "a" null ]) ];
  "trivial.const" = [ (manual (t.const 5 10) 5) (known (t.const 1 (throw "unused")) 1) ];
  "trivial.pipe" = [
    (manual (t.pipe 2 [ (x: x + 2) (x: x * 2) ]) 8)
    (known (t.pipe 1 [ ]) 1)
    (known (t.pipe [ 3 1 ] [ (map toString) (lib.concatStringsSep "-") ]) "3-1")
  ];
  "trivial.flip" = [ (known (t.flip (a: b: a - b) 1 5) 4) (known (t.flip map [ 1 2 ] (x: x * x)) [ 1 4 ]) ];
  "trivial.concat" = [ (manual (t.concat [ 1 2 ] [ 3 4 ]) [ 1 2 3 4 ]) ];
  "trivial.mergeAttrs" = [ (manual (t.mergeAttrs { a = 1; b = 2; } { b = 3; c = 4; }) { a = 1; b = 3; c = 4; }) ];
  "trivial.mapNullable" = [ (manual (t.mapNullable (a: a + 1) null) null) (manual (t.mapNullable (a: a + 1) 22) 23) ];
  "trivial.defaultTo" = [ (manual (t.defaultTo "default" null) "default") (manual (t.defaultTo "default" "foo") "foo") (manual (t.defaultTo "default" false) false) ];
  "trivial.or" = [ (known (t.or false true) true) (known (t.or false false) false) (known (t.or true (throw "unused")) true) ];
  "trivial.and" = [ (known (t.and true false) false) (known (t.and true true) true) (known (t.and false (throw "unused")) false) ];
  "trivial.xor" = [ (known (t.xor true true) false) (known (t.xor true false) true) (known (t.xor false false) false) ];
  "trivial.bitNot" = [ (known (t.bitNot 0) (-1)) (known (t.bitNot (-8)) 7) ];
  "trivial.bitAnd" = [ (manual (t.bitAnd 5 3) 1) ];
  "trivial.bitOr" = [ (manual (t.bitOr 5 3) 7) ];
  "trivial.bitXor" = [ (manual (t.bitXor 5 3) 6) ];
  "trivial.boolToString" = [ (known (map t.boolToString [ true false ]) [ "true" "false" ]) ];
  "trivial.boolToYesNo" = [ (known (map t.boolToYesNo [ true false ]) [ "yes" "no" ]) ];
  "trivial.min" = [ (known (t.min 1 2) 1) (known (t.min 2 (-2)) (-2)) ];
  "trivial.max" = [ (known (t.max 1 2) 2) (known (t.max 1.5 1) 1.5) ];
  "trivial.mod" = [ (manual (t.mod 11 10) 1) (manual (t.mod 1 10) 1) (known (t.mod 4 2) 0) (known (t.mod (-7) 3) (-1)) ];
  "trivial.compare" = [ (manual (t.compare 1 2) (-1)) (known (t.compare "b" "a") 1) (known (t.compare 3 3) 0) ];
  "trivial.splitByAndCompare" = [
    (manual (t.splitByAndCompare (lib.hasPrefix "foo") t.compare t.compare "foobar" "foobaz") (-1))
    (known (t.splitByAndCompare (lib.hasPrefix "foo") t.compare t.compare "foobar" "aaa") (-1))
    (known (t.splitByAndCompare (lib.hasPrefix "foo") t.compare t.compare "aaa" "foobar") 1)
    (known (t.splitByAndCompare (lib.hasPrefix "foo") t.compare t.compare "bar" "baz") (-1))
  ];
  "trivial.toBaseDigits" = [ (manual (t.toBaseDigits 10 250) [ 2 5 0 ]) (manual (t.toBaseDigits 16 250) [ 15 10 ]) (manual (t.toBaseDigits 2 250) [ 1 1 1 1 1 0 1 0 ]) (known (t.toBaseDigits 2 0) [ 0 ]) (throws (t.toBaseDigits 1 1)) (throws (t.toBaseDigits 2 (-1))) ];
  "trivial.toHexString" = [ (manual (t.toHexString 250) "FA") (known (map t.toHexString [ 0 15 16 48879 ]) [ "0" "F" "10" "BEEF" ]) ];
  "trivial.fromHexString" = [ (manual (t.fromHexString "FF") 255) (manual (t.fromHexString "0x7fffffffffffffff") 9223372036854775807) (known (map t.fromHexString [ "0" "10" "00ff" "dEaD" ]) [ 0 16 255 57005 ]) (throws (t.fromHexString "xyz")) (throws (t.fromHexString "")) (throws (t.fromHexString "8fffffffffffffff")) ];
  "trivial.importJSON" = [ (known (t.importJSON ./files/values.json) { a = [ 1 2.5 null ]; b.c = "x"; }) ];
  "trivial.importTOML" = [ (known (t.importTOML ./files/values.toml) { name = "x"; table.list = [ 1 2 ]; }) ];
  "trivial.warn" = [ (known (t.warn "said on standard error" 1) 1) ];
  "trivial.warnIf" = [ (known (t.warnIf false "not said" 1) 1) ];
  "trivial.warnIfNot" = [ (known (t.warnIfNot true "not said" 1) 1) ];
  "trivial.throwIf" = [ (known (t.throwIf false "not thrown" 1) 1) (throws (t.throwIf true "thrown" 1)) ];
  "trivial.throwIfNot" = [ (known (t.throwIfNot true "not thrown" 1) 1) (throws (t.throwIfNot false "thrown" 1)) ];
  "trivial.info" = [ (known (t.info "said on standard error" 2) 2) ];
  "trivial.showWarnings" = [ (known (t.showWarnings [ ] 3) 3) (known (t.showWarnings [ "one" "two" ] 4) 4) ];
  "trivial.checkListOfEnum" = [
    (manual (t.checkListOfEnum "colorVariants" [ "standard" "light" "dark" ] [ "standard" "dark" ] 1) 1)
    (throws (t.checkListOfEnum "colorVariants" [ "standard" "light" "dark" ] [ "bright" ] 1))
  ];
  "trivial.isFunction" = [ (known (map t.isFunction [ (x: x) functor 1 { } builtins.add ]) [ true true false false true ]) ];
  "trivial.functionArgs" = [ (known (t.functionArgs args) { a = false; b = true; }) (known (t.functionArgs (x: x)) { }) (known (t.functionArgs functor) { }) (known (t.functionArgs (t.setFunctionArgs (x: x) { c = true; })) { c = true; }) ];
  "trivial.setFunctionArgs" = [ (known (t.setFunctionArgs (x: x.c) { c = true; } { c = 5; }) 5) ];
  "trivial.mirrorFunctionArgs" = [ (known (t.functionArgs (t.mirrorFunctionArgs args (x: x))) { a = false; b = true; }) (known (t.mirrorFunctionArgs args (x: x.b) { b = 7; }) 7) ];
  "trivial.toFunction" = [ (manual (t.toFunction 1 2) 1) (manual (t.toFunction (x: x + 1) 2) 3) ];
  "trivial.ceil" = [ (known (map t.ceil [ 1.5 (-1.5) 2 ]) [ 2 (-1) 2 ]) ];
  "trivial.floor" = [ (known (map t.floor [ 1.5 (-1.5) 2 ]) [ 1 (-2) 2 ]) ];
  "trivial.div" = [ (known [ (t.div 7 2) (t.div 7 2.0) ] [ 3 3.5 ]) ];
  "trivial.mul" = [ (known [ (t.mul 7 2) (t.mul 7 0.5) ] [ 14 3.5 ]) ];
  "trivial.inNixShell" = [ (known t.inNixShell false) ];
  "convertHash" = [ (known (lib.convertHash { hash = "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="; toHashFormat = "base16"; }) "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855") ];
  "fromTOML" = [ (known (lib.fromTOML "a = 1") { a = 1; }) ];
  "getContext" = [ (known (lib.getContext "a") { }) ];
  "hasContext" = [ (known (lib.hasContext "a") false) ];
  "hashString" = [ (known (lib.hashString "md5" "") "d41d8cd98f00b204e9800998ecf8427e") ];
  "placeholder" = [ (known (lib.placeholder "out" == builtins.placeholder "out") true) ];
  "toFile" = [ (known (lib.toFile "a" "b" == builtins.toFile "a" "b") true) ];
  "toString" = [ (known (lib.toString [ 1 "a" ]) "1 a") ];
  "toXML" = [ (known (lib.toXML 1 == builtins.toXML 1) true) ];
  "tryEval" = [ (known (lib.tryEval (throw "x")) { success = false; value = false; }) ];
  "trivial.add" = [ (known (t.add 1 2.5) 3.5) ];
  "trivial.sub" = [ (known (t.sub 1 3) (-2)) ];
  "trivial.lessThan" = [ (known (t.lessThan 1 2) true) (known (t.lessThan "b" "a") false) ];
  "trivial.seq" = [ (known (t.seq 1 2) 2) (throws (t.seq (throw "forced") 2)) (known (t.seq { a = throw "not forced"; } 2) 2) ];
  "trivial.deepSeq" = [ (known (t.deepSeq { a = 1; } 2) 2) (throws (t.deepSeq { a = throw "forced"; } 2)) ];
  "trivial.genericClosure" = [ (known (map (x: x.key) (t.genericClosure { startSet = [ { key = 1; } ]; operator = x: if x.key < 4 then [ { key = x.key * 2; } { key = 3; } ] else [ ]; })) [ 1 2 3 4 6 ]) ];
  "trivial.isBool" = [ (known (map t.isBool [ true 1 ]) [ true false ]) ];
  "trivial.isInt" = [ (known (map t.isInt [ 1 1.0 ]) [ true false ]) ];
  "trivial.isFloat" = [ (known (map t.isFloat [ 1 1.0 ]) [ false true ]) ];
  "trivial.pathExists" = [ (known (map t.pathExists [ ./files/values.json ./files/nothing ]) [ true false ]) ];
  "trivial.readFile" = [ (known (t.readFile ./files/text) "one\ntwo\n") ];
  "trivial.inPureEvalMode" = [ (known (builtins.isBool t.inPureEvalMode) true) ];

  "fixedPoints.fix" = [ (manual (f.fix (self: { foo = "foo"; bar = "bar"; foobar = self.foo + self.bar; })) { foo = "foo"; bar = "bar"; foobar = "foobar"; }) (manual (f.fix (self: [ 1 2 (lib.elemAt self 0 + lib.elemAt self 1) ])) [ 1 2 3 ]) ];
  "fixedPoints.fix'" = [ (known ((f.fix' (self: { a = 1; })).a) 1) (known (builtins.isFunction (f.fix' (self: { a = 1; })).__unfix__) true) ];
  "fixedPoints.converge" = [ (manual (f.converge (x: x / 2) 16) 0) ];
  "fixedPoints.extends" = [
    (manual (f.fix (f.extends (final: prev: { a = prev.a + 10; }) (final: { a = 1; b = 3; c = final.a + final.b; }))) { a = 11; b = 3; c = 14; })
    (manual (f.fix (f.extends (final: prev: { c = final.a + final.b; }) (final: { a = 1; b = 3; c = 0; }))) { a = 1; b = 3; c = 4; })
  ];
  "fixedPoints.composeExtensions" = [ (manual (f.fix (f.extends (f.composeExtensions (final: prev: { foo = prev.foo + 1; }) (final: prev: { foo = prev.foo * 10; bar = final.foo; })) (_: { foo = 1; }))) { foo = 20; bar = 20; }) ];
  "fixedPoints.composeManyExtensions" = [ (manual (f.fix (f.extends (f.composeManyExtensions [ (final: prev: { x = prev.x + 1; }) (final: prev: { y = prev.x; }) (final: prev: { x = prev.x * 3; }) ]) (_: { x = 1; }))) { x = 6; y = 2; }) (known (f.composeManyExtensions [ ] 1 2) { }) ];
  "fixedPoints.makeExtensible" = [
    (manual (let obj = f.makeExtensible (final: { foo = "foo"; foobar = final.foo + "bar"; }); in [ obj.foobar (obj.extend (final: prev: { foo = prev.foo + " + "; })).foobar ]) [ "foobar" "foo + bar" ])
    (known (((f.makeExtensible (_: { n = 1; })).extend (_: p: { n = p.n + 1; })).extend (_: p: { n = p.n + 1; })).n 3)
  ];
  "fixedPoints.makeExtensibleWithCustomName" = [ (known ((f.makeExtensibleWithCustomName "more" (_: { n = 1; })).more (_: p: { n = p.n + 1; })).n 2) ];
  "fixedPoints.toExtension" = [
    (manual (f.fix (f.extends (f.toExtension { b = 0; }) (final: { a = 1; b = 2; }))) { a = 1; b = 0; })
    (manual (f.fix (f.extends (f.toExtension (prev: { a = 0; c = prev.a; })) (final: { a = 1; b = 2; }))) { a = 0; b = 2; c = 1; })
    (manual (f.fix (f.extends (f.toExtension (final: prev: { a = 0; c = final.a; })) (final: { a = 1; b = 2; }))) { a = 0; b = 2; c = 0; })
  ];

  "versions.splitVersion" = [ (manual (v.splitVersion "1.2.3") [ "1" "2" "3" ]) (known (v.splitVersion "2.0pre1") [ "2" "0" "pre" "1" ]) ];
  "versions.compareVersions" = [ (known (map (v.compareVersions "1.2") [ "1.10" "1.2" "1.2pre1" ]) [ (-1) 0 1 ]) ];
  "versions.major" = [ (manual (v.major "1.2.3") "1") ];
  "versions.minor" = [ (manual (v.minor "1.2.3") "2") ];
  "versions.patch" = [ (manual (v.patch "1.2.3") "3") ];
  "versions.majorMinor" = [ (manual (v.majorMinor "1.2.3") "1.2") (known (v.majorMinor "5") "5") ];
  "versions.pad" = [ (manual (v.pad 3 "1.2") "1.2.0") (manual (v.pad 3 "1.3-rc1") "1.3.0-rc1") (manual (v.pad 3 "1.2.3.4") "1.2.3") ];

  "asserts.assertMsg" = [ (known (a.assertMsg true "fine") true) (throws (a.assertMsg false "nope")) ];
  "asserts.assertOneOf" = [ (known (a.assertOneOf "sslLibrary" "openssl" [ "openssl" "bearssl" ]) true) (throws (a.assertOneOf "sslLibrary" "libressl" [ "openssl" "bearssl" ])) ];
  "asserts.assertEachOneOf" = [ (known (a.assertEachOneOf "libs" [ "a" ] [ "a" "b" ]) true) (throws (a.assertEachOneOf "libs" [ "a" "c" ] [ "a" "b" ])) ];
  "asserts.checkAssertWarn" = [ (known (a.checkAssertWarn [ { assertion = true; message = "x"; } ] [ ] 5) 5) (throws (a.checkAssertWarn [ { assertion = false; message = "x"; } ] [ ] 5)) ];

  "debug.addErrorContext" = [ (known (d.addErrorContext "while" 1) 1) ];
  "debug.unsafeGetAttrPos" = [ (known (builtins.attrNames (d.unsafeGetAttrPos "a" { a = 1; })) [ "column" "file" "line" ]) (known (d.unsafeGetAttrPos "b" { a = 1; }) null) ];
  "debug.trace" = [ (known (d.trace "said" 1) 1) ];
  "debug.traceIf" = [ (known (d.traceIf false "not said" 1) 1) ];
  "debug.traceValFn" = [ (known (d.traceValFn (v: "mystring " + v) "foo") "foo") ];
  "debug.traceVal" = [ (known (d.traceVal 42) 42) ];
  "debug.traceSeq" = [ (known (d.traceSeq { a.b.c = 3; } null) null) ];
  "debug.traceSeqN" = [ (known (d.traceSeqN 2 { a.b.c = 3; } null) null) ];
  "debug.traceValSeqFn" = [ (known (d.traceValSeqFn (v: v // { a.b = 3; }) { a.b.c = 3; }) { a.b.c = 3; }) ];
  "debug.traceValSeq" = [ (known (d.traceValSeq [ 1 ]) [ 1 ]) ];
  "debug.traceValSeqNFn" = [ (known (d.traceValSeqNFn (v: v) 1 { a = 1; }) { a = 1; }) ];
  "debug.traceValSeqN" = [ (known (d.traceValSeqN 2 { a.b.c = 3; }) { a.b.c = 3; }) ];
  "debug.traceFnSeqN" = [ (known (d.traceFnSeqN 2 "id" (x: x) { a = 1; }) { a = 1; }) ];
  "debug.runTests" = [
    (manual (d.runTests { testAndOk = { expr = lib.and true false; expected = false; }; testAndFail = { expr = lib.and true false; expected = true; }; }) [ { expected = true; name = "testAndFail"; result = false; } ])
    (known (d.runTests { tests = [ "b" ]; b = { expr = 1; expected = 2; }; testC = { expr = 1; expected = 2; }; }) [ { expected = 2; name = "b"; result = 1; } ])
  ];
  "debug.throwTestFailures" = [ (known (d.throwTestFailures { failures = [ ]; }) null) (throws (d.throwTestFailures { failures = [ { name = "a"; expected = 1; result = 2; } ]; })) ];
  "debug.testAllTrue" = [ (known (d.testAllTrue [ 1 2 ]) { expr = [ 1 2 ]; expected = [ true true ]; }) ];
}
