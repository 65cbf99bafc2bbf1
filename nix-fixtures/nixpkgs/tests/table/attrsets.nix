# lib.attrsets
{ lib, manual, known, throws }:
let
  a = lib.attrsets;
  drv = { type = "derivation"; outPath = "/p"; outputs = [ "out" "dev" ]; out = drv; dev = { type = "derivation"; outPath = "/d"; outputSpecified = true; }; };
in
{
  "attrsets.attrByPath" = [ (manual (a.attrByPath [ "a" "b" ] 6 { a.b = 3; }) 3) (manual (a.attrByPath [ "z" "z" ] 6 { a.b = 3; }) 6) (known (a.attrByPath [ "a" "b" ] 6 { a = 1; }) 6) (known (a.attrByPath [ ] 6 1) 1) (known (a.attrByPath [ "a" ] 6 { a = null; }) null) ];
  "attrsets.hasAttrByPath" = [ (manual (a.hasAttrByPath [ "a" "b" ] { a.b = 3; }) true) (manual (a.hasAttrByPath [ "z" "z" ] { a.b = 3; }) false) (manual (a.hasAttrByPath [ ] (throw "need not")) true) (known (a.hasAttrByPath [ "a" "b" "c" ] { a.b = 3; }) false) ];
  "attrsets.longestValidPathPrefix" = [ (manual (a.longestValidPathPrefix [ "a" "b" ] { a.b = 3; }) [ "a" "b" ]) (manual (a.longestValidPathPrefix [ "a" ] { a.b = 3; }) [ "a" ]) (manual (a.longestValidPathPrefix [ "z" "z" ] { a.b = 3; }) [ ]) (manual (a.longestValidPathPrefix [ "a" "z" "b" ] { a.b = 3; }) [ "a" ]) ];
  "attrsets.setAttrByPath" = [ (manual (a.setAttrByPath [ "a" "b" ] 3) { a.b = 3; }) (known (a.setAttrByPath [ ] 3) 3) ];
  "attrsets.getAttrFromPath" = [ (manual (a.getAttrFromPath [ "a" "b" ] { a.b = 3; }) 3) ];
  "attrsets.concatMapAttrs" = [ (manual (a.concatMapAttrs (name: value: { ${name} = value; ${name + value} = value; }) { x = "a"; y = "b"; }) { x = "a"; xa = "a"; y = "b"; yb = "b"; }) ];
  "attrsets.updateManyAttrsByPath" = [
    (manual (a.updateManyAttrsByPath [ { path = [ "a" "b" ]; update = old: { d = old.c; }; } { path = [ "a" "b" "c" ]; update = old: old + 1; } { path = [ "x" "y" ]; update = old: "xy"; } ] { a.b.c = 0; }) { a.b.d = 1; x.y = "xy"; })
    (known (a.updateManyAttrsByPath [ { path = [ ]; update = old: old // { b = 1; }; } ] { a = 0; }) { a = 0; b = 1; })
    (known (a.updateManyAttrsByPath [ ] { a = 0; }) { a = 0; })
    (throws (a.updateManyAttrsByPath [ { path = [ "z" ]; update = old: old + 1; } ] { a = 0; }))
  ];
  "attrsets.attrVals" = [ (manual (a.attrVals [ "a" "b" "c" ] { a = 1; b = 2; c = 3; }) [ 1 2 3 ]) ];
  "attrsets.attrValues" = [ (manual (a.attrValues { c = 3; a = 1; b = 2; }) [ 1 2 3 ]) ];
  "attrsets.attrNames" = [ (known (a.attrNames { b = throw "unused"; a = 1; }) [ "a" "b" ]) ];
  "attrsets.getAttrs" = [ (manual (a.getAttrs [ "a" "b" ] { a = 1; b = 2; c = 3; }) { a = 1; b = 2; }) ];
  "attrsets.catAttrs" = [ (manual (a.catAttrs "a" [ { a = 1; } { b = 0; } { a = 2; } ]) [ 1 2 ]) ];
  "attrsets.filterAttrs" = [ (manual (a.filterAttrs (n: v: n == "foo") { foo = 1; bar = 2; }) { foo = 1; }) (known (a.filterAttrs (n: v: n != "b") { a = 1; b = throw "unused"; }) { a = 1; }) ];
  "attrsets.filterAttrsRecursive" = [ (manual (a.filterAttrsRecursive (n: v: v != null) { foo = { bar = null; }; }) { foo = { }; }) (known (a.filterAttrsRecursive (n: v: n != "x") { x = 1; y.x = 2; y.z = [ { x = 1; } ]; }) { y.z = [ { x = 1; } ]; }) ];
  "attrsets.foldlAttrs" = [ (manual (a.foldlAttrs (acc: name: value: { sum = acc.sum + value; names = acc.names ++ [ name ]; }) { sum = 0; names = [ ]; } { foo = 1; bar = 10; }) { sum = 11; names = [ "bar" "foo" ]; }) (manual (a.foldlAttrs (throw "function not needed") 123 { }) 123) (known (a.foldlAttrs (acc: _: _: acc) 3 { z = throw "unused"; a = throw "unused"; }) 3) ];
  "attrsets.foldAttrs" = [ (manual (a.foldAttrs (item: acc: [ item ] ++ acc) [ ] [ { a = 2; } { a = 3; } ]) { a = [ 2 3 ]; }) (known (a.foldAttrs (n: m: lib.max n m) 0 [ { a = 2; } { a = 7; b = 4; } ]) { a = 7; b = 4; }) ];
  "attrsets.collect" = [ (manual (a.collect builtins.isList { a = { b = [ "b" ]; }; c = [ 1 ]; }) [ [ "b" ] [ 1 ] ]) (manual (a.collect (x: x ? outPath) { a = { outPath = "a/"; }; b = { outPath = "b/"; }; }) [ { outPath = "a/"; } { outPath = "b/"; } ]) (known (a.collect builtins.isInt 1) [ 1 ]) (known (a.collect builtins.isInt "x") [ ]) ];
  "attrsets.cartesianProduct" = [ (manual (a.cartesianProduct { a = [ 1 2 ]; b = [ 10 20 ]; }) [ { a = 1; b = 10; } { a = 1; b = 20; } { a = 2; b = 10; } { a = 2; b = 20; } ]) (known (a.cartesianProduct { }) [ { } ]) (known (a.cartesianProduct { a = [ 1 ]; b = [ ]; }) [ ]) ];
  "attrsets.mapCartesianProduct" = [ (manual (a.mapCartesianProduct ({ a, b }: "${a}-${b}") { a = [ "1" "2" ]; b = [ "3" "4" ]; }) [ "1-3" "1-4" "2-3" "2-4" ]) ];
  "attrsets.nameValuePair" = [ (manual (a.nameValuePair "some" 6) { name = "some"; value = 6; }) ];
  "attrsets.mapAttrs" = [ (manual (a.mapAttrs (name: value: name + "-" + value) { x = "foo"; y = "bar"; }) { x = "x-foo"; y = "y-bar"; }) ];
  "attrsets.mapAttrs'" = [ (manual (a.mapAttrs' (name: value: a.nameValuePair ("foo_" + name) ("bar-" + value)) { x = "a"; y = "b"; }) { foo_x = "bar-a"; foo_y = "bar-b"; }) (known (a.mapAttrs' (name: value: a.nameValuePair "same" value) { x = 1; y = 2; }) { same = 1; }) ];
  "attrsets.mapAttrsToList" = [ (manual (a.mapAttrsToList (name: value: name + value) { x = "a"; y = "b"; }) [ "xa" "yb" ]) ];
  "attrsets.attrsToList" = [ (manual (a.attrsToList { foo = 1; bar = "asdf"; }) [ { name = "bar"; value = "asdf"; } { name = "foo"; value = 1; } ]) ];
  "attrsets.mapAttrsRecursive" = [ (manual (a.mapAttrsRecursive (path: value: lib.concatStringsSep "-" (path ++ [ value ])) { n.a = "A"; n.m.b = "B"; n.m.c = "C"; d = "D"; }) { n = { a = "n-a-A"; m = { b = "n-m-b-B"; c = "n-m-c-C"; }; }; d = "d-D"; }) ];
  "attrsets.mapAttrsRecursiveCond" = [ (manual (a.mapAttrsRecursiveCond (as: !(as ? "type" && as.type == "derivation")) (path: x: x.name or x) { a = { type = "derivation"; name = "p"; }; b.c = "q"; }) { a = "p"; b.c = "q"; }) ];
  "attrsets.mapAttrsToListRecursive" = [ (manual (a.mapAttrsToListRecursive (path: value: "${lib.concatStringsSep "." path} = ${value}") { n.a = "A"; d = "D"; }) [ "d = D" "n.a = A" ]) ];
  "attrsets.mapAttrsToListRecursiveCond" = [ (known (a.mapAttrsToListRecursiveCond (path: v: !(v ? stop)) (path: v: path) { a.b = 1; c.stop = 1; }) [ [ "a" "b" ] [ "c" ] ]) ];
  "attrsets.genAttrs" = [ (manual (a.genAttrs [ "foo" "bar" ] (name: "x_" + name)) { foo = "x_foo"; bar = "x_bar"; }) ];
  "attrsets.genAttrs'" = [ (manual (a.genAttrs' [ "foo" "bar" ] (s: a.nameValuePair ("x_" + s) ("y_" + s))) { x_foo = "y_foo"; x_bar = "y_bar"; }) ];
  "attrsets.isDerivation" = [ (manual (a.isDerivation { type = "derivation"; }) true) (manual (a.isDerivation "foobar") false) (known (a.isDerivation { type = "other"; }) false) ];
  "attrsets.optionalAttrs" = [ (manual (a.optionalAttrs true { my = "set"; }) { my = "set"; }) (manual (a.optionalAttrs false { my = "set"; }) { }) ];
  "attrsets.zipAttrsWithNames" = [ (manual (a.zipAttrsWithNames [ "a" ] (name: vs: vs) [ { a = "x"; } { a = "y"; b = "z"; } ]) { a = [ "x" "y" ]; }) ];
  "attrsets.zipWithNames" = [ (known (a.zipWithNames [ "a" ] (name: vs: vs) [ { a = 1; } { } ]) { a = [ 1 ]; }) ];
  "attrsets.zipAttrsWith" = [ (manual (a.zipAttrsWith (name: values: values) [ { a = "x"; } { a = "y"; b = "z"; } ]) { a = [ "x" "y" ]; b = [ "z" ]; }) ];
  "attrsets.zipAttrs" = [ (manual (a.zipAttrs [ { a = "x"; } { a = "y"; b = "z"; } ]) { a = [ "x" "y" ]; b = [ "z" ]; }) ];
  "attrsets.zip" = [ (known (a.zip (name: values: values) [ { a = 1; } ]) { a = [ 1 ]; }) ];
  "attrsets.mergeAttrsList" = [ (manual (a.mergeAttrsList [ { a = 0; b = 1; } { c = 2; d = 3; } ]) { a = 0; b = 1; c = 2; d = 3; }) (manual (a.mergeAttrsList [ { a = 0; } { a = 1; } ]) { a = 1; }) (known (a.mergeAttrsList [ ]) { }) ];
  "attrsets.recursiveUpdateUntil" = [ (manual (a.recursiveUpdateUntil (path: l: r: path == [ "foo" ]) { foo.bar = 1; foo.baz = 2; bar = 3; } { foo.bar = 1; foo.quz = 2; baz = 4; }) { foo.bar = 1; foo.quz = 2; bar = 3; baz = 4; }) ];
  "attrsets.recursiveUpdate" = [ (manual (a.recursiveUpdate { boot.loader.grub.enable = true; boot.loader.grub.device = "/dev/hda"; } { boot.loader.grub.device = ""; }) { boot.loader.grub = { enable = true; device = ""; }; }) (known (a.recursiveUpdate { a.b = 1; } { a = 2; }) { a = 2; }) (known (a.recursiveUpdate { a = [ 1 ]; } { a = [ 2 ]; }) { a = [ 2 ]; }) ];
  "attrsets.matchAttrs" = [ (manual (a.matchAttrs { cpu = { }; } { cpu = { bits = 64; }; }) true) (known (a.matchAttrs { cpu.bits = 32; } { cpu.bits = 64; }) false) (known (a.matchAttrs { x = 1; } { }) false) (throws (a.matchAttrs 1 { })) ];
  "attrsets.overrideExisting" = [ (manual (a.overrideExisting { } { a = 1; }) { }) (manual (a.overrideExisting { b = 2; } { a = 1; }) { b = 2; }) (manual (a.overrideExisting { a = 3; b = 2; } { a = 1; }) { a = 1; b = 2; }) ];
  "attrsets.showAttrPath" = [ (manual (a.showAttrPath [ "foo" "10" "bar" ]) "foo.\"10\".bar") (manual (a.showAttrPath [ ]) "<root attribute path>") ];
  "attrsets.getOutput" = [ (known (a.getOutput "dev" drv).outPath "/d") (known (a.getOutput "bin" drv).outPath "/p") (known (a.getOutput "out" drv.dev).outPath "/d") (known (a.getOutput "x" { outPath = "/q"; }) { outPath = "/q"; }) ];
  "attrsets.getFirstOutput" = [ (known (a.getFirstOutput [ "include" "dev" ] drv).outPath "/d") (known (a.getFirstOutput [ "x" ] drv).outPath "/p") ];
  "attrsets.getBin" = [ (known (a.getBin drv).outPath "/p") ];
  "attrsets.getLib" = [ (known (a.getLib drv).outPath "/p") ];
  "attrsets.getStatic" = [ (known (a.getStatic drv).outPath "/p") ];
  "attrsets.getDev" = [ (known (a.getDev drv).outPath "/d") ];
  "attrsets.getInclude" = [ (known (a.getInclude drv).outPath "/d") ];
  "attrsets.getMan" = [ (known (a.getMan drv).outPath "/p") ];
  "attrsets.chooseDevOutputs" = [ (known (map (x: x.outPath) (a.chooseDevOutputs [ drv ])) [ "/d" ]) ];
  "attrsets.recurseIntoAttrs" = [ (manual (a.recurseIntoAttrs { a = 1; }) { a = 1; recurseForDerivations = true; }) ];
  "attrsets.dontRecurseIntoAttrs" = [ (known (a.dontRecurseIntoAttrs { a = 1; }) { a = 1; recurseForDerivations = false; }) ];
  "attrsets.unionOfDisjoint" = [ (manual (a.unionOfDisjoint { a = 1; } { b = 2; }) { a = 1; b = 2; }) (throws (a.unionOfDisjoint { a = 1; } { a = 2; })) (known (a.unionOfDisjoint { a = 1; b = 1; } { a = 2; }).b 1) ];
  "attrsets.getAttr" = [ (known (a.getAttr "a" { a = 1; }) 1) ];
  "attrsets.hasAttr" = [ (known (a.hasAttr "a" { a = 1; }) true) ];
  "attrsets.intersectAttrs" = [ (known (a.intersectAttrs { a = 1; b = 2; } { b = 3; c = 4; }) { b = 3; }) ];
  "attrsets.isAttrs" = [ (known (map a.isAttrs [ { } [ ] ]) [ true false ]) ];
  "attrsets.listToAttrs" = [ (known (a.listToAttrs [ { name = "a"; value = 1; } { name = "a"; value = 2; } ]) { a = 1; }) ];
  "attrsets.removeAttrs" = [ (known (a.removeAttrs { a = 1; b = 2; } [ "b" "c" ]) { a = 1; }) ];
}
