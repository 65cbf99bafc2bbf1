# Platforms by name, and groups of them.
{ lib }:
let
  inherit (lib) systems;
  all = [
    "i686-cygwin" "x86_64-cygwin"
    "x86_64-darwin" "aarch64-darwin"
    "i686-freebsd" "x86_64-freebsd" "aarch64-freebsd"
    "aarch64-genode" "i686-genode" "x86_64-genode"
    "x86_64-solaris"
    "javascript-ghcjs"
    "aarch64-linux" "arc-linux" "armv5tel-linux" "armv6l-linux" "armv7a-linux" "armv7l-linux" "i686-linux" "loongarch64-linux"
    "m68k-linux" "sh4-linux" "microblaze-linux" "microblazeel-linux" "mips-linux" "mips64-linux" "mips64el-linux" "mipsel-linux"
    "powerpc-linux" "powerpc64-linux" "powerpc64le-linux" "riscv32-linux" "riscv64-linux" "s390-linux" "s390x-linux"
    "x86_64-linux"
    "mmix-mmixware"
    "aarch64-netbsd" "armv6l-netbsd" "armv7a-netbsd" "armv7l-netbsd" "i686-netbsd" "m68k-netbsd" "mipsel-netbsd"
    "powerpc-netbsd" "riscv32-netbsd" "riscv64-netbsd" "x86_64-netbsd"
    "aarch64_be-none" "aarch64-none" "arm-none" "armv6l-none" "avr-none" "i686-none" "microblaze-none"
    "microblazeel-none" "mips-none" "mips64-none" "msp430-none" "or1k-none" "m68k-none" "powerpc-none"
    "powerpcle-none" "riscv32-none" "riscv64-none" "rx-none" "s390-none" "s390x-none" "vc4-none" "x86_64-none"
    "i686-openbsd" "x86_64-openbsd"
    "x86_64-redox"
    "wasm64-wasi" "wasm32-wasi"
    "aarch64-windows" "x86_64-windows" "i686-windows"
    "aarch64-uefi" "x86_64-uefi"
  ];
  parsed = map (name: { inherit name; parsed = systems.parse.mkSystemFromString name; }) all;
  inherit (systems.inspect) predicates;
  that = predicate: map (p: p.name) (lib.filter (p: predicate p.parsed) parsed);
in
{
  inherit all;
  none = [ ];
  arm = that predicates.isAarch32;
  armv7 = that predicates.isArmv7;
  aarch = that predicates.isAarch;
  aarch64 = that predicates.isAarch64;
  x86 = that predicates.isx86;
  i686 = that predicates.isi686;
  x86_64 = that predicates.isx86_64;
  microblaze = that predicates.isMicroBlaze;
  mips = that predicates.isMips;
  mmix = that predicates.isMmix;
  power = that predicates.isPower;
  riscv = that predicates.isRiscV;
  riscv32 = that predicates.isRiscV32;
  riscv64 = that predicates.isRiscV64;
  rx = that predicates.isRx;
  vc4 = that predicates.isVc4;
  or1k = that predicates.isOr1k;
  m68k = that predicates.isM68k;
  arc = that predicates.isArc;
  sh4 = that predicates.isSh4;
  s390 = that predicates.isS390;
  s390x = that predicates.isS390x;
  loongarch64 = that predicates.isLoongArch64;
  js = that predicates.isJavaScript;
  bigEndian = that predicates.isBigEndian;
  littleEndian = that predicates.isLittleEndian;
  cygwin = that predicates.isCygwin;
  darwin = that predicates.isDarwin;
  freebsd = that predicates.isFreeBSD;
  # By their ABI.
  gnu = lib.concatMap (abi: that (p: p.kernel.name == "linux" && p.abi.name == abi)) [
    "gnu"
    "gnueabi"
    "gnueabihf"
    "gnuabin32"
    "gnuabi64"
    "gnuabielfv1"
    "gnuabielfv2"
  ];
  illumos = that predicates.isSunOS;
  linux = that predicates.isLinux;
  netbsd = that predicates.isNetBSD;
  openbsd = that predicates.isOpenBSD;
  unix = that predicates.isUnix;
  wasi = that predicates.isWasi;
  redox = that predicates.isRedox;
  windows = that predicates.isWindows;
  uefi = that predicates.isUefi;
  genode = that predicates.isGenode;
  embedded = that predicates.isNone;
}
