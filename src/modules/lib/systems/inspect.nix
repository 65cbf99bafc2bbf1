# Questions to a platform that was taken apart, as patterns of it.
{ lib }:
let
  inherit (lib.systems.parse)
    abis
    cpuTypes
    execFormats
    kernelFamilies
    kernels
    significantBytes
    ;
  family = name: { cpu.family = name; };
  cpu = names: map (name: { cpu = cpuTypes.${name}; }) names;
  familyOf = name: bits: { cpu = { family = name; inherit bits; }; };
  anyAbi = names: map (name: { abi = abis.${name}; }) names;

  patterns = {
    isi686 = { cpu = cpuTypes.i686; };
    isx86_32 = familyOf "x86" 32;
    isx86_64 = familyOf "x86" 64;
    isPower = family "power";
    isPower32 = familyOf "power" 32;
    isPower64 = familyOf "power" 64;
    isx86 = family "x86";
    isAarch32 = familyOf "arm" 32;
    isArmv7 = map (arch: { cpu = { inherit arch; }; }) [ "armv7-a" "armv7" "armv7-m" "armv7-r" ];
    isAarch64 = familyOf "arm" 64;
    isAarch = family "arm";
    isMicroBlaze = family "microblaze";
    isMips = family "mips";
    isMips32 = familyOf "mips" 32;
    isMips64 = familyOf "mips" 64;
    isMips64n32 = { cpu = { family = "mips"; bits = 64; }; abi.abi = "n32"; };
    isMips64n64 = { cpu = { family = "mips"; bits = 64; }; abi.abi = "64"; };
    isMmix = family "mmix";
    isRiscV = family "riscv";
    isRiscV32 = familyOf "riscv" 32;
    isRiscV64 = familyOf "riscv" 64;
    isRx = family "rx";
    isSparc = family "sparc";
    isSparc64 = familyOf "sparc" 64;
    isWasm = family "wasm";
    isMsp430 = family "msp430";
    isVc4 = family "vc4";
    isAvr = family "avr";
    isAlpha = family "alpha";
    isOr1k = family "or1k";
    isM68k = family "m68k";
    isArc = family "arc";
    isSh4 = family "sh";
    isS390 = family "s390";
    isS390x = familyOf "s390" 64;
    isLoongArch64 = familyOf "loongarch" 64;
    isJavaScript = { cpu = cpuTypes.javascript; };

    is32bit.cpu.bits = 32;
    is64bit.cpu.bits = 64;
    isBigEndian.cpu.significantByte = significantBytes.bigEndian;
    isLittleEndian.cpu.significantByte = significantBytes.littleEndian;

    isBSD.kernel.families = { inherit (kernelFamilies) bsd; };
    isDarwin.kernel.families = { inherit (kernelFamilies) darwin; };
    isUnix = [
      { kernel.families = { inherit (kernelFamilies) bsd; }; }
      { kernel.families = { inherit (kernelFamilies) darwin; }; }
      { kernel = kernels.linux; }
      { kernel = kernels.solaris; }
      { kernel = kernels.cygwin; }
      { kernel = kernels.redox; }
    ];
    isMacOS.kernel = kernels.macos;
    isiOS.kernel = kernels.ios;
    isLinux.kernel = kernels.linux;
    isSunOS.kernel = kernels.solaris;
    isFreeBSD.kernel.name = "freebsd";
    isNetBSD.kernel = kernels.netbsd;
    isOpenBSD.kernel = kernels.openbsd;
    isWindows.kernel = kernels.windows;
    isCygwin.kernel = kernels.cygwin;
    isMinGW = { kernel = kernels.windows; abi = abis.gnu; };
    isMsvc = { kernel = kernels.windows; abi = abis.msvc; };
    isWasi.kernel = kernels.wasi;
    isRedox.kernel = kernels.redox;
    isGhcjs.kernel = kernels.ghcjs;
    isGenode.kernel = kernels.genode;
    isNone.kernel = kernels.none;

    isAndroid = anyAbi [ "android" "androideabi" ];
    isGnu = map (name: { kernel = kernels.linux; abi = abis.${name}; }) [
      "gnuabi64"
      "gnuabin32"
      "gnu"
      "gnueabi"
      "gnueabihf"
      "gnuabielfv1"
      "gnuabielfv2"
    ];
    isMusl = anyAbi [ "musl" "musleabi" "musleabihf" "muslabin32" "muslabi64" ];
    isUClibc = anyAbi [ "uclibc" "uclibceabi" "uclibceabihf" ];

    isEfi = [
      { cpu = { family = "arm"; version = "6"; }; }
      { cpu = { family = "arm"; version = "7"; }; }
      { cpu = { family = "arm"; version = "8"; }; }
      { cpu.family = "riscv"; }
      { cpu.family = "x86"; }
      { cpu.family = "loongarch"; }
    ];
    isElf.kernel.execFormat = execFormats.elf;
    isMacho.kernel.execFormat = execFormats.macho;
    isPE.kernel.execFormat = execFormats.pe;
    isUefi = [ { kernel = kernels.uefi; } ];
    isEabi.abi.eabi = true;
    isILP32 = [ (familyOf "wasm" 32) ] ++ map (abi: { abi = { inherit abi; }; }) [ "n32" "ilp32" "x32" ];
    isAbiElfv1.abi.abi = "elfv1";
    isAbiElfv2 = [
      { abi.abi = "elfv2"; }
      { abi.name = "musl"; cpu = { family = "power"; bits = 64; }; }
    ];
  };

  # One of several patterns will do.
  holds = pattern: system: lib.any (p: lib.matchAttrs p system) (lib.toList pattern);
in
{
  inherit patterns;
  predicates = lib.mapAttrs (_: holds) patterns;
  matchAnyPattern = holds;
  matchAnyAttrs = holds;
  # A pattern that both hold in.
  patternLogicalAnd =
    a: b:
    lib.foldl' (all: x: all ++ map (y: lib.recursiveUpdate x y) (lib.toList b)) [ ] (lib.toList a);
  platformPatterns.isStatic = {
    parsed = { };
    isStatic = true;
  };
}
