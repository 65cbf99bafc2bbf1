# lib.customisation, lib.derivations, lib.fetchers, lib.meta, lib.licenses, lib.systems, lib.kernel, lib.misc
{ lib, manual, known, throws }:
let
  c = lib.customisation;
  d = lib.derivations;
  m = lib.meta;
  s = lib.systems;
  k = lib.kernel;
  o = lib.misc;
  drv = name: rest: { type = "derivation"; inherit name; outPath = "/${name}"; drvPath = "/${name}.drv"; system = "x"; outputName = "out"; meta = { }; } // rest;
  f = { a, b ? 2 }: { inherit a b; };
  linux = s.elaborate "x86_64-linux";
in
{
  "customisation.makeOverridable" = [ (manual (let x = { a, b }: { result = a + b; }; y = c.makeOverridable x { a = 1; b = 2; }; in [ y.result (y.override { a = 10; }).result ((y.override { a = 10; }).override (old: { b = old.a; })).result ]) [ 3 12 20 ]) (known (lib.functionArgs (c.makeOverridable f)) { a = false; b = true; }) (known (lib.functionArgs (c.makeOverridable f { a = 1; }).override) { a = false; b = true; }) (known (c.makeOverridable (x: x + 1) 1) 2) (known (builtins.attrNames (c.makeOverridable f { a = 1; })) [ "a" "b" "override" "overrideDerivation" ]) ];
  "customisation.callPackageWith" = [ (known (let p = c.callPackageWith { a = 1; z = 9; } f { }; in [ p.a p.b (p.override { b = 5; }).b ]) [ 1 2 5 ]) (known (c.callPackageWith { a = 1; } f { a = 7; }).a 7) ];
  "customisation.callPackagesWith" = [ (known (let p = c.callPackagesWith { a = 1; } ({ a }: { x = { v = a; }; y = { v = a + 1; }; }) { }; in [ p.x.v (p.y.override { a = 5; }).v ]) [ 1 6 ]) (throws (c.callPackagesWith { } ({ }: drv "d" { }) { })) ];
  "customisation.extendDerivation" = [ (known (let x = c.extendDerivation true { more = 1; } (drv "a" { outputs = [ "out" ]; out = drv "a" { }; }); in [ x.more x.outPath x.out.outPath x.out.outputSpecified x.out.more ]) [ 1 "/a" "/a" true 1 ]) (throws (c.extendDerivation false { } (drv "a" { out = drv "a" { }; })).outPath) ];
  "customisation.hydraJob" = [ (known (c.hydraJob null) null) (known (let x = c.hydraJob (drv "a" { out = drv "a" { }; }); in [ x.type x.outPath x.name x.outputs ]) [ "derivation" "/a" "a" [ "out" ] ]) ];
  "customisation.makeScope" = [
    (manual (let pkgs = c.makeScope (scope: c.callPackageWith scope) (self: { foo = self.callPackage ({ }: { n = 1; }) { }; bar = self.callPackage ({ foo }: { n = foo.n + 1; }) { }; }); in [ pkgs.bar.n (pkgs.overrideScope (final: prev: { foo = { n = 10; }; })).bar.n ]) [ 2 11 ])
  ];
  "customisation.makeScopeWithSplicing'" = [ (known (let x = c.makeScopeWithSplicing' { splicePackages = sets: sets.pkgsHostTarget; newScope = scope: c.callPackageWith scope; } { otherSplices = { }; f = self: { a = { v = 1; }; b = self.callPackage ({ a }: { v = a.v + 1; }) { }; }; }; in x.b.v) 2) ];
  "customisation.makeScopeWithSplicing" = [ (known (c.makeScopeWithSplicing (sets: sets.pkgsHostTarget) (scope: c.callPackageWith scope) { } (_: { }) (_: { }) (self: { a = 1; })).a 1) ];
  "customisation.extendMkDerivation" = [ (known (let mk = c.extendMkDerivation { constructDrv = fp: lib.fix (lib.toFunction fp); excludeDrvArgNames = [ "drop" ]; extendDrvArgs = final: { name, drop ? 1, ... }@args: { full = "${final.name}!"; inherit drop; }; }; in mk (final: { name = "n"; drop = 5; })) { name = "n"; full = "n!"; drop = 5; }) ];
  "customisation.mapCrossIndex" = [ (known (c.mapCrossIndex (x: x + 1) { buildBuild = 1; }) { buildBuild = 2; }) ];
  "customisation.renameCrossIndexFrom" = [ (known (c.renameCrossIndexFrom "pkgs" (lib.genAttrs (map (n: "pkgs${n}") [ "BuildBuild" "BuildHost" "BuildTarget" "HostHost" "HostTarget" "TargetTarget" ]) lib.id)).hostHost "pkgsHostHost") ];
  "customisation.renameCrossIndexTo" = [ (known (c.renameCrossIndexTo "self" (lib.genAttrs [ "buildBuild" "buildHost" "buildTarget" "hostHost" "hostTarget" "targetTarget" ] lib.id)).selfBuildHost "buildHost") ];
  "customisation.overrideDerivation" = [ (known (let x = derivation { name = "a"; system = "x"; builder = "/b"; }; in (c.overrideDerivation x (old: { name = old.name + "b"; })).name) "ab") ];

  "derivations.lazyDerivation" = [ (known (let x = d.lazyDerivation { derivation = throw "not evaluated"; meta = { a = 1; }; passthru.p = 2; }; in [ x.type x.meta.a x.p x.outputs ]) [ "derivation" 1 2 [ "out" ] ]) (throws (d.lazyDerivation { derivation = { }; }).outPath) ];
  "derivations.addDrvOutputDependencies" = [ (known (d.addDrvOutputDependencies (builtins.unsafeDiscardOutputDependency (derivation { name = "a"; system = "x"; builder = "/b"; }).drvPath) == (derivation { name = "a"; system = "x"; builder = "/b"; }).drvPath) true) ];
  "derivations.unsafeDiscardOutputDependency" = [ (known (map (x: x.path) (builtins.attrValues (builtins.getContext (d.unsafeDiscardOutputDependency (derivation { name = "a"; system = "x"; builder = "/b"; }).drvPath)))) [ true ]) ];
  "derivations.optionalDrvAttr" = [ (manual (d.optionalDrvAttr true 1) 1) (manual (d.optionalDrvAttr false 1) null) ];
  "derivations.warnOnInstantiate" = [ (known (d.warnOnInstantiate "said when it is built" (drv "a" { })).name "a") ];

  "fetchers.proxyImpureEnvVars" = [ (known (lib.elem "http_proxy" lib.fetchers.proxyImpureEnvVars) true) ];
  "fetchers.normalizeHash" = [ (known (lib.fetchers.normalizeHash { } { sha256 = "x"; url = "u"; }) { outputHash = "x"; outputHashAlgo = "sha256"; url = "u"; }) (known (lib.fetchers.normalizeHash { } { hash = "sha256-x"; }) { outputHash = "sha256-x"; outputHashAlgo = null; }) (throws (lib.fetchers.normalizeHash { } { })) (known (lib.fetchers.normalizeHash { required = false; } { a = 1; }) { a = 1; }) (throws (lib.fetchers.normalizeHash { } { sha256 = "x"; hash = "y"; })) ];
  "fetchers.withNormalizedHash" = [ (known (lib.fetchers.withNormalizedHash { } ({ outputHash, outputHashAlgo, url }: "${outputHashAlgo}:${outputHash}") { sha256 = "x"; url = "u"; }) "sha256:x") ];

  "meta.addMetaAttrs" = [ (manual (m.addMetaAttrs { description = "Bla blah"; } { meta.a = 1; }) { meta = { a = 1; description = "Bla blah"; }; }) (known (m.addMetaAttrs { b = 1; } { overrideAttrs = f: f { meta.a = 1; }; }) { meta = { a = 1; b = 1; }; }) ];
  "meta.defaultPriority" = [ (known m.defaultPriority 5) ];
  "meta.dontDistribute" = [ (known (m.dontDistribute { }).meta { hydraPlatforms = [ ]; }) ];
  "meta.setName" = [ (known (m.setName "b" { name = "a"; }) { name = "b"; }) ];
  "meta.updateName" = [ (manual (m.updateName (old: old + "-x") { name = "a"; }) { name = "a-x"; }) ];
  "meta.appendToName" = [ (known (m.appendToName "x" { name = "a-1.0"; }) { name = "a-x-1.0"; }) ];
  "meta.mapDerivationAttrset" = [ (known (m.mapDerivationAttrset (x: x.name) { a = drv "a" { }; b = 1; }) { a = "a"; b = 1; }) ];
  "meta.setPrio" = [ (known (m.setPrio 5 { }).meta.priority 5) ];
  "meta.lowPrio" = [ (known (m.lowPrio { }).meta.priority 10) ];
  "meta.lowPrioSet" = [ (known (m.lowPrioSet { a = drv "a" { }; }).a.meta.priority 10) ];
  "meta.hiPrio" = [ (known (m.hiPrio { }).meta.priority (-10)) ];
  "meta.hiPrioSet" = [ (known (m.hiPrioSet { a = drv "a" { }; }).a.meta.priority (-10)) ];
  "meta.platformMatch" = [ (manual (m.platformMatch { system = "x86_64-linux"; } "x86_64-linux") true) (known (m.platformMatch linux { cpu.bits = 64; }) true) (known (m.platformMatch linux { parsed.kernel.name = "darwin"; }) false) ];
  "meta.availableOn" = [ (manual (m.availableOn { system = "aarch64-darwin"; } { meta.platforms = [ "x86_64-linux" "aarch64-darwin" ]; }) true) (known (m.availableOn { system = "a"; } { meta.platforms = [ "b" ]; }) false) (known (m.availableOn { system = "a"; } { meta.badPlatforms = [ "a" ]; }) false) (known (m.availableOn { system = "a"; } { }) true) ];
  "meta.licensesSpdx" = [ (manual m.licensesSpdx.MIT.shortName "mit") ];
  "meta.getLicenseFromSpdxId" = [ (manual (m.getLicenseFromSpdxId "MIT").shortName "mit") (manual (m.getLicenseFromSpdxId "mIt").shortName "mit") (manual (m.getLicenseFromSpdxId "MY LICENSE").shortName "MY LICENSE") ];
  "meta.getLicenseFromSpdxIdOr" = [ (manual (m.getLicenseFromSpdxIdOr "MY LICENSE" null) null) ];
  "meta.getExe" = [ (known (m.getExe (drv "a" { meta.mainProgram = "x"; })) "/a/bin/x") (known (m.getExe (drv "a-1.0" { })) "/a-1.0/bin/a") ];
  "meta.getExe'" = [ (known (m.getExe' (drv "a" { }) "x") "/a/bin/x") (throws (m.getExe' "a" "x")) (throws (m.getExe' (drv "a" { }) "x/y")) ];
  "meta.cpeFullVersionWithVendor" = [ (manual (m.cpeFullVersionWithVendor "gnu" "1.2.3") { vendor = "gnu"; version = "1.2.3"; update = "*"; }) ];
  "meta.tryCPEPatchVersionInUpdateWithVendor" = [ (manual (m.tryCPEPatchVersionInUpdateWithVendor "gnu" "1.2.3") { success = true; value = { vendor = "gnu"; version = "1.2"; update = "3"; }; }) (known (m.tryCPEPatchVersionInUpdateWithVendor "gnu" "5.3p0").success false) ];
  "meta.cpePatchVersionInUpdateWithVendor" = [ (manual (m.cpePatchVersionInUpdateWithVendor "gnu" "1.2.3") { vendor = "gnu"; version = "1.2"; update = "3"; }) (throws (m.cpePatchVersionInUpdateWithVendor "gnu" "5.3p0")) ];

  "licenses" = [
    (known (with lib.licenses; map toSPDX [ mit unfree (OR [ mit asl20 ]) (AND [ (OR [ mit unfree ]) gpl3Plus ]) (WITH gpl2Only classpathException20) (PLUS (OR [ mit isc ])) ]) [ "MIT" "LicenseRef-nixos-unfree" "MIT OR Apache-2.0" "(MIT OR LicenseRef-nixos-unfree) AND GPL-3.0-or-later" "GPL-2.0-only WITH Classpath-exception-2.0" "(MIT OR ISC)+" ])
    (known (with lib.licenses; map isFree [ mit unfree (OR [ mit unfree ]) (AND [ mit unfree ]) (WITH mit unfree) (PLUS unfree) ]) [ true false true false false false ])
    (known (with lib.licenses; map isRedistributable [ unfreeRedistributable unfree (OR [ unfree unfreeRedistributable ]) (AND [ unfree unfreeRedistributable ]) ]) [ true false true false ])
    (known (with lib.licenses; map (containsLicenses [ mit isc ]) [ mit gpl3 (OR [ mit gpl3 ]) (AND [ mit gpl3 ]) (OR [ mit isc ]) ]) [ true false false true true ])
    (known (with lib.licenses; map (evaluateNamedProperty "free" false) [ (OR [ mit unfree ]) (AND [ mit unfree ]) ]) [ false true ])
    (known (with lib.licenses; evaluateProperty (x: x.shortName == "mit") true (OR [ mit isc ])) true)
    (throws (with lib.licenses; isFree { licenseType = "other"; }))
    (known lib.licenses.amazonsl { deprecated = false; free = false; fullName = "Amazon Software License"; licenseType = "simple"; redistributable = false; shortName = "amazonsl"; url = "https://aws.amazon.com/asl/"; })
    (known lib.licenses.ecl20.shortName "ECL 2.0")
    (known [ lib.licenses.mit.spdxId lib.licenses.unfree.free lib.licenses.gpl3Plus.fullName lib.licenses.asl20.redistributable ] [ "MIT" false "GNU General Public License v3.0 or later" true ]) ];
  "sourceTypes" = [ (known (map (name: lib.sourceTypes.${name}.isSource) [ "fromSource" "binaryNativeCode" "binaryBytecode" "binaryFirmware" "obfuscatedCode" ]) [ true false false false false ]) ];

  "systems.elaborate" = [
    (known [ linux.system linux.config linux.isLinux linux.isDarwin linux.isx86_64 linux.isAarch64 linux.is64bit linux.isMusl linux.libc ] [ "x86_64-linux" "x86_64-unknown-linux-gnu" true false true false true false "glibc" ])
    (known (map (x: (s.elaborate x).config) [ "aarch64-linux" "armv7l-linux" "i686-linux" "aarch64-darwin" "x86_64-darwin" "riscv64-linux" "x86_64-freebsd" ]) [ "aarch64-unknown-linux-gnu" "armv7l-unknown-linux-gnueabihf" "i686-unknown-linux-gnu" "arm64-apple-darwin" "x86_64-apple-darwin" "riscv64-unknown-linux-gnu" "x86_64-unknown-freebsd" ])
    (known (let x = s.elaborate { config = "aarch64-unknown-linux-musl"; }; in [ x.system x.isMusl x.libc x.linuxArch x.qemuArch ]) [ "aarch64-linux" true "musl" "arm64" "aarch64" ])
    (known (let x = s.elaborate "aarch64-darwin"; in [ x.isDarwin x.isMacOS x.isUnix x.isAarch x.darwinArch x.extensions.sharedLibrary x.uname.system ]) [ true true true true "arm64" ".dylib" "Darwin" ])
    (known (map (x: (s.elaborate x).go.GOARCH) [ "x86_64-linux" "aarch64-linux" "i686-linux" "armv7l-linux" ]) [ "amd64" "arm64" "386" "arm" ])
    (known (map (x: (s.elaborate x).rust.rustcTarget) [ "x86_64-linux" "aarch64-linux" "armv7l-linux" "i686-linux" ]) [ "x86_64-unknown-linux-gnu" "aarch64-unknown-linux-gnu" "armv7-unknown-linux-gnueabihf" "i686-unknown-linux-gnu" ])
    (known ((s.elaborate { system = "x86_64-linux"; gcc.arch = "znver3"; }).avx2Support) true)
    (known (map (x: let p = s.elaborate x; in [ p.libDir p.gcc p.nim.cpu p.node.arch p.qemuArch p.rust.platform ]) [ "x86_64-linux" "aarch64-linux" "armv7l-linux" ]) [
      [ "lib64" { } "amd64" "x64" "x86_64" { arch = "x86_64"; env = "gnu"; os = "linux"; target-family = [ "unix" ]; vendor = "unknown"; } ]
      [ "lib" { arch = "armv8-a"; } "arm64" "arm64" "aarch64" { arch = "aarch64"; env = "gnu"; os = "linux"; target-family = [ "unix" ]; vendor = "unknown"; } ]
      [ "lib" { arch = "armv7-a"; fpu = "vfpv3-d16"; } "arm" "arm" "arm" { arch = "arm"; env = "gnu"; os = "linux"; target-family = [ "unix" ]; vendor = "unknown"; } ]
    ])
    (known [ (linux.canExecute (s.elaborate "i686-linux")) (linux.canExecute (s.elaborate "aarch64-linux")) (linux.canExecute linux) ] [ true false true ])
  ];
  "systems.architectures" = [ (known (map (x: s.architectures.predicates.${x} "la664") [ "lsxSupport" "lasxSupport" ]) [ true true ]) (known (builtins.length s.architectures.features.znver5 > 9) true) (known (s.architectures.predicates.avx2Support "haswell") true) (known (s.architectures.predicates.avx512Support "haswell") false) ];
  "systems.inspect" = [ (known (s.inspect.predicates.isLinux linux.parsed) true) (known (s.inspect.predicates.isBSD linux.parsed) false) (known (map (x: map (p: s.inspect.predicates.${p} (s.elaborate x).parsed) [ "isEabi" "isILP32" "isUefi" "isPE" "isCygwin" "isUnix" "isArmv7" ]) [ "armv7l-linux" "x86_64-cygwin" "x86_64-uefi" "wasm32-wasi" ]) [ [ true false false false false true true ] [ false false false true true true false ] [ false false true true false false false ] [ false true false false false false false ] ]) ];
  "systems.parse" = [
    (known (map (x: (s.parse.mkMuslSystem (s.parse.mkSystemFromString x)).abi.name) [ "x86_64-linux" "armv7l-linux" "armv5tel-linux" "mips64el-unknown-linux-gnuabi64" "powerpc64-linux" "x86_64-unknown-linux-musl" ]) [ "musl" "musleabihf" "musleabi" "muslabi64" "musl" "musl" ])
    (known (map (x: (s.parse.gnuNetBSDDefaultExecFormat s.parse.cpuTypes.${x}).name) [ "i686" "x86_64" "armv7l" "riscv32" ]) [ "aout" "elf" "aout" "elf" ])
    (known (map (x: (s.elaborate x).config) [ "x86_64-cygwin" "aarch64-uefi" "powerpc64-linux" "armv6l-linux" "sh4-linux" ]) [ "x86_64-pc-cygwin" "aarch64-unknown-uefi" "powerpc64-unknown-linux-gnuabielfv1" "armv6l-unknown-linux-gnueabihf" "sh4-unknown-linux-gnu" ])
    (known (map (x: (s.parse.mkSystemFromString x).abi.eabi or false) [ "armv7l-linux" "x86_64-linux" ]) [ true false ])
    (known (map (x: (s.parse.mkSystemFromString x).cpu.name) [ "x86_64-linux" "aarch64-unknown-linux-gnu" ]) [ "x86_64" "aarch64" ]) (known (s.parse.doubleFromSystem (s.parse.mkSystemFromString "x86_64-unknown-linux-musl")) "x86_64-linux") (known (s.parse.tripleFromSystem (s.parse.mkSystemFromString "x86_64-w64-mingw32")) "x86_64-w64-windows-gnu") (throws (s.parse.mkSystemFromString "vax-vms").cpu) ];
  "systems.doubles" = [ (known (map (x: lib.elem x s.doubles.linux) [ "x86_64-linux" "aarch64-linux" "x86_64-darwin" ]) [ true true false ]) (known s.doubles.darwin [ "x86_64-darwin" "aarch64-darwin" ]) (known (lib.subtractLists s.doubles.all s.doubles.unix) [ ]) (known s.doubles.uefi [ "aarch64-uefi" "x86_64-uefi" ]) (known (lib.takeEnd 2 s.doubles.gnu) [ "armv7l-linux" "powerpc64-linux" ]) ];
  "systems.examples" = [ (known (s.elaborate s.examples.musl64).isMusl true) ];
  "systems.flakeExposed" = [ (known (lib.take 2 s.flakeExposed) [ "x86_64-linux" "aarch64-linux" ]) ];
  "systems.equals" = [ (known (s.equals linux (s.elaborate "x86_64-linux")) true) (known (s.equals linux (s.elaborate "i686-linux")) false) ];
  "systems.toLosslessStringMaybe" = [ (known (s.toLosslessStringMaybe "x86_64-linux") "x86_64-linux") (known (s.toLosslessStringMaybe linux) "x86_64-linux") (known (s.toLosslessStringMaybe { a = 1; }) null) ];
  "systems.functionNames" = [ (known s.functionNames [ "canExecute" "emulator" "emulatorAvailable" "staticEmulatorAvailable" ]) ];
  "systems.systemToAttrs" = [ (known (map s.systemToAttrs [ "x86_64-linux" { a = 1; } ]) [ { system = "x86_64-linux"; } { a = 1; } ]) ];
  "systems.crossIndex" = [ (known (builtins.length s.crossIndex) 6) ];
  "platforms" = [ (known (lib.platforms.linux == s.doubles.linux) true) ];

  "kernel" = [ (known [ k.yes k.no k.module (k.freeform "7") (k.option k.yes) ] [ { tristate = "y"; optional = false; } { tristate = "n"; optional = false; } { tristate = "m"; optional = false; } { freeform = "7"; optional = false; } { optional = true; tristate = "y"; } ]) (known (let h = k.whenHelpers "5.10"; in map (x: x.condition) [ (h.whenAtLeast "5.4" 1) (h.whenOlder "5.4" 1) (h.whenBetween "5.4" "5.11" 1) ]) [ true false true ]) ];

  "misc.maybeEnv" = [ (known (o.maybeEnv "CONTAINER_REBUILD_NO_SUCH_VARIABLE" "default") "default") ];
  "misc.maybeAttr" = [ (known (o.maybeAttr "a" 1 { }) 1) ];
  "misc.maybeAttrNullable" = [ (known (o.maybeAttrNullable "a" 1 { a = 2; }) 2) ];
  "misc.ifEnable" = [ (known (map (o.ifEnable false) [ [ 1 ] { a = 1; } "a" true 1 ]) [ [ ] { } null false null ]) ];
  "misc.checkFlag" = [ (known (map (o.checkFlag { flags = [ "x" ]; y = true; }) [ "true" "false" "x" "y" "z" ]) [ true false true true false ]) ];
  "misc.getValue" = [ (known (o.getValue { a = 1; } [ ] "a") 1) ];
  "misc.checkReqs" = [ (known (o.checkReqs { flags = [ "a" "b" ]; } [ ] [ [ "a" "b" ] ]) true) ];
  "misc.uniqList" = [ (known (o.uniqList { inputList = [ 1 2 1 ]; }) [ 1 2 ]) ];
  "misc.uniqListExt" = [ (known (o.uniqListExt { inputList = [ 1 2 3 ]; compare = a: b: lib.mod a 2 == lib.mod b 2; }) [ 1 2 ]) ];
  "misc.condConcat" = [ (known (o.condConcat "a" [ "x" "-1" "y" "-2" ] (n: n == "y")) "a-2") ];
  "misc.lazyGenericClosure" = [ (known (map (x: x.key) (o.lazyGenericClosure { startSet = [ { key = 1; } ]; operator = x: lib.optional (x.key < 3) { key = x.key + 1; }; })) [ 3 2 1 ]) ];
  "misc.innerClosePropagation" = [ (known (map (x: x.name) (o.innerClosePropagation [ ] [ (drv "a" { propagatedBuildInputs = [ (drv "b" { }) ]; }) ])) [ "b" "a" ]) ];
  "misc.closePropagationFast" = [ (known (map (x: x.name) (o.closePropagationFast [ (drv "a" { propagatedBuildInputs = [ (drv "b" { }) null ]; propagatedNativeBuildInputs = [ (drv "c" { }) ]; }) null (drv "b" { }) ])) [ "a" "b" "c" ]) ];
  "misc.closePropagationSlow" = [ (known (map (x: x.name) (o.closePropagationSlow [ (drv "a" { propagatedBuildInputs = [ (drv "b" { }) null ]; }) (drv "b" { }) ])) [ "b" "a" ]) ];
  "misc.closePropagation" = [ (known (map (x: x.name) (o.closePropagation [ (drv "a" { }) (drv "a" { }) ])) [ "a" ]) ];
  "misc.mapAttrsFlatten" = [ (known (o.mapAttrsFlatten (n: v: n + v) { a = "1"; }) [ "a1" ]) ];
  "misc.nvs" = [ (known (o.nvs "a" 1) { a = 1; }) ];
  "misc.setAttr" = [ (known (o.setAttr { a = 1; } "b" 2) { a = 1; b = 2; }) ];
  "misc.setAttrMerge" = [ (known (o.setAttrMerge "a" [ ] { a = [ 1 ]; } (x: x ++ [ 2 ])) { a = [ 1 2 ]; }) ];
  "misc.mergeAttrsWithFunc" = [ (known (o.mergeAttrsWithFunc (a: b: a + b) { a = 1; b = 1; } { a = 2; c = 3; }) { a = 3; b = 1; c = 6; }) ];
  "misc.mergeAttrsConcatenateValues" = [ (known (o.mergeAttrsConcatenateValues { a = 1; } { a = [ 2 ]; }) { a = [ 1 2 ]; }) ];
  "misc.mergeAttrsNoOverride" = [ (known (o.mergeAttrsNoOverride { } { buildInputs = [ 1 ]; x = 1; } { buildInputs = [ 2 ]; }) { buildInputs = [ 2 1 ]; x = 1; }) (throws (o.mergeAttrsNoOverride { } { x = 1; } { x = 2; })) ];
  "misc.mergeAttrByFunc" = [ (known (removeAttrs (o.mergeAttrByFunc { buildInputs = [ 1 ]; a = 1; } { buildInputs = [ 2 ]; a = 2; }) [ "mergeAttrBy" ]) { buildInputs = [ 2 ]; a = 2; }) (known (o.mergeAttrByFunc { buildInputs = [ 1 ]; mergeAttrBy.buildInputs = lib.concat; } { buildInputs = [ 2 ]; }).buildInputs [ 1 2 ]) ];
  "misc.mergeAttrsByFuncDefaults" = [ (known (o.mergeAttrsByFuncDefaults [ { meta.a = 1; } { meta.b = 2; } ]).meta { a = 1; b = 2; }) ];
  "misc.mergeAttrsByFuncDefaultsClean" = [ (known (o.mergeAttrsByFuncDefaultsClean [ { patches = [ 1 ]; } { patches = [ 2 ]; } ]) { patches = [ 1 2 ]; }) ];
  "misc.mergeAttrBy" = [ (known (o.mergeAttrBy.buildInputs [ 1 ] [ 2 ]) [ 1 2 ]) ];
  "misc.defaultMergeArg" = [ (known (o.defaultMergeArg { a = 1; } (x: { b = x.a; })) { b = 1; }) ];
  "misc.defaultMerge" = [ (known (o.defaultMerge { a = 1; } { b = 2; }) { a = 1; b = 2; }) ];
  "misc.foldArgs" = [ (known (o.foldArgs o.defaultMerge (x: { inherit (x) a; }) { a = 1; } { a = 2; }).a 2) ];
  "misc.innerModifySumArgs" = [ (known (o.innerModifySumArgs (a: b: a // { f = b; }) { x = 1; } { a = 1; } null) { a = 1; f = null; x = 1; }) ];
  "misc.modifySumArgs" = [ (known (o.modifySumArgs (a: b: a) { x = 1; } { a = 1; } null) { a = 1; x = 1; }) ];
  "misc.nixType" = [ (known (map o.nixType [ 1 "a" true null [ ] { } (x: x) { outPath = "/a"; } ]) [ "int" "string" "bool" "null" "list" "attrs" "function" "derivation" ]) ];
  "misc.imap" = [ (known (o.imap (i: x: i) [ "a" ]) [ 1 ]) ];
  "misc.fakeHash" = [ (known (builtins.stringLength o.fakeHash) 51) ];
  "misc.fakeSha256" = [ (known (builtins.stringLength o.fakeSha256) 64) ];
  "misc.fakeSha512" = [ (known (builtins.stringLength o.fakeSha512) 128) ];
}
