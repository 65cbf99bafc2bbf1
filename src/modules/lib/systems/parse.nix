# Names of platforms, `cpu-kernel` or `cpu-vendor-kernel-abi`, taken apart.
{ lib }:
let
  inherit (builtins)
    elem
    elemAt
    head
    length
    mapAttrs
    ;
  inherit (lib) hasPrefix splitString;

  named = mapAttrs (name: value: { inherit name; } // value);
  littleEndian.name = "littleEndian";
  bigEndian.name = "bigEndian";
  cpu = family: bits: significantByte: rest: { inherit family bits significantByte; } // rest;
  little = family: bits: cpu family bits littleEndian;
  big = family: bits: cpu family bits bigEndian;

  cpuTypes = named {
    arm = little "arm" 32 { };
    armv5tel = little "arm" 32 { version = "5"; arch = "armv5t"; };
    armv6m = little "arm" 32 { version = "6"; arch = "armv6-m"; };
    armv6l = little "arm" 32 { version = "6"; arch = "armv6"; };
    armv7a = little "arm" 32 { version = "7"; arch = "armv7-a"; };
    armv7r = little "arm" 32 { version = "7"; arch = "armv7-r"; };
    armv7m = little "arm" 32 { version = "7"; arch = "armv7-m"; };
    armv7l = little "arm" 32 { version = "7"; arch = "armv7"; };
    armv8a = little "arm" 32 { version = "8"; arch = "armv8-a"; };
    armv8r = little "arm" 32 { version = "8"; arch = "armv8-a"; };
    armv8m = little "arm" 32 { version = "8"; arch = "armv8-m"; };
    aarch64 = little "arm" 64 { version = "8"; arch = "armv8-a"; };
    arm64 = cpuTypes.aarch64;
    arc = little "arc" 32 { };
    sh4 = little "sh" 32 { };
    aarch64_be = big "arm" 64 { version = "8"; arch = "armv8-a"; };
    i386 = little "x86" 32 { arch = "i386"; };
    i486 = little "x86" 32 { arch = "i486"; };
    i586 = little "x86" 32 { arch = "i586"; };
    i686 = little "x86" 32 { arch = "i686"; };
    x86_64 = little "x86" 64 { arch = "x86-64"; };
    microblaze = big "microblaze" 32 { };
    microblazeel = little "microblaze" 32 { };
    mips = big "mips" 32 { };
    mipsel = little "mips" 32 { };
    mips64 = big "mips" 64 { };
    mips64el = little "mips" 64 { };
    mmix = big "mmix" 64 { };
    m68k = big "m68k" 32 { };
    powerpc = big "power" 32 { };
    powerpc64 = big "power" 64 { };
    powerpc64le = little "power" 64 { };
    powerpcle = little "power" 32 { };
    riscv32 = little "riscv" 32 { };
    riscv64 = little "riscv" 64 { };
    s390 = big "s390" 32 { };
    s390x = big "s390" 64 { };
    sparc = big "sparc" 32 { };
    sparc64 = big "sparc" 64 { };
    wasm32 = little "wasm" 32 { };
    wasm64 = little "wasm" 64 { };
    alpha = little "alpha" 64 { };
    rx = little "rx" 32 { };
    msp430 = little "msp430" 16 { };
    # Eight bits have no order.
    avr = { family = "avr"; bits = 8; };
    vc4 = little "vc4" 32 { };
    or1k = big "or1k" 32 { };
    loongarch64 = little "loongarch" 64 { };
    javascript = little "javascript" 32 { };
  };
  vendors = named {
    apple = { };
    pc = { };
    knuth = { };
    w64 = { };
    none = { };
    unknown = { };
  };
  execFormats = named {
    aout = { };
    elf = { };
    macho = { };
    pe = { };
    wasm = { };
    unknown = { };
  };
  kernelFamilies = named {
    bsd = { };
    darwin = { };
  };
  kernel = execFormat: families: { inherit execFormat families; };
  kernelTable = with execFormats; {
    linux = kernel elf { };
    macos = kernel macho { inherit (kernelFamilies) darwin; } // { name = "darwin"; };
    ios = kernel macho { inherit (kernelFamilies) darwin; };
    freebsd = kernel elf { inherit (kernelFamilies) bsd; };
    netbsd = kernel elf { inherit (kernelFamilies) bsd; };
    openbsd = kernel elf { inherit (kernelFamilies) bsd; };
    solaris = kernel elf { };
    wasi = kernel wasm { };
    redox = kernel elf { };
    windows = kernel pe { };
    cygwin = kernel pe { };
    uefi = kernel pe { };
    ghcjs = kernel unknown { };
    genode = kernel elf { };
    mmixware = kernel unknown { };
    none = kernel unknown { };
  };
  kernels = named kernelTable // {
    darwin = kernels.macos;
    watchos = kernels.ios;
    tvos = kernels.ios;
    win32 = kernels.windows;
  };
  abis = named (
    lib.genAttrs [ "androideabi" ] (_: { eabi = true; })
    // lib.genAttrs [ "eabi" "gnueabi" "musleabi" "uclibceabi" ] (_: { eabi = true; float = "soft"; })
    // lib.genAttrs [ "eabihf" "gnueabihf" "musleabihf" "uclibceabihf" ] (_: { eabi = true; float = "hard"; })
    // lib.genAttrs [ "android" "elf" "gnu" "msvc" "musl" "uclibc" "unknown" ] (_: { })
    // {
      gnuabi64.abi = "64";
      gnuabielfv1.abi = "elfv1";
      gnuabielfv2.abi = "elfv2";
      gnuabin32.abi = "n32";
      muslabi64.abi = "64";
      muslabin32.abi = "n32";
    }
  );

  isDarwin = system: system.kernel.families ? darwin;

  mkSystem =
    components:
    assert components.cpu ? bits && components.kernel ? execFormat;
    components // { _type = "system"; };

  # Which part is which, by how many there are and what they are.
  skeleton =
    parts:
    let
      part = elemAt parts;
      n = length parts;
    in
    if n == 1 then
      if part 0 == "avr" then
        { cpu = "avr"; kernel = "none"; abi = "unknown"; }
      else
        throw "system '${part 0}' with 1 component is ambiguous"
    else if n == 2 then
      if part 1 == "cygwin" then
        { cpu = part 0; vendor = "pc"; kernel = "cygwin"; }
      else if part 1 == "windows" then
        { cpu = part 0; kernel = "windows"; abi = "msvc"; }
      else if part 1 == "elf" then
        { cpu = part 0; vendor = "unknown"; kernel = "none"; abi = part 1; }
      else
        { cpu = part 0; kernel = part 1; }
    else if n == 3 then
      if part 1 == "linux" || elem (part 2) [ "eabi" "eabihf" "elf" "gnu" ] then
        { cpu = part 0; vendor = "unknown"; kernel = if part 1 == "linux" then "linux" else "none"; abi = part 2; }
      else if part 1 == "none" then
        { cpu = part 0; vendor = "unknown"; kernel = "none"; abi = part 2; }
      else if part 2 == "mingw32" then
        { cpu = part 0; vendor = part 1; kernel = "windows"; }
      else if hasPrefix "wasm" (part 0) then
        { cpu = part 0; vendor = part 1; kernel = part 2; }
      else
        { cpu = part 0; vendor = part 1; kernel = part 2; }
    else if n == 4 then
      { cpu = part 0; vendor = part 1; kernel = part 2; abi = part 3; }
    else
      throw "system '${lib.concatStringsSep "-" parts}' has an invalid number of hyphen-separated components";

  # `darwin20` is darwin, `mingw32` is windows.
  bareKernel = name: head (builtins.match "([a-z0-9]*[a-z])[0-9.]*" name);
  find = what: table: name: table.${name} or (throw "Unknown ${what} of a system: ${name}");

  mkSystemFromSkeleton =
    {
      cpu,
      vendor ? null,
      kernel,
      abi ? null,
    }:
    let
      kernelName = if kernels ? ${kernel} then kernel else bareKernel kernel;
      parsed = {
        cpu = find "processor" cpuTypes cpu;
        vendor =
          if vendor != null then
            find "vendor" vendors vendor
          else if isDarwin parsed then
            vendors.apple
          else if parsed.kernel == kernels.windows || parsed.kernel == kernels.cygwin then
            vendors.pc
          else
            vendors.unknown;
        kernel = find "kernel" kernels kernelName;
        abi =
          if abi != null then
            find "ABI" abis abi
          else if parsed.kernel == kernels.linux || parsed.kernel == kernels.windows then
            if parsed.cpu.family == "arm" && parsed.cpu.bits == 32 then
              if lib.versionAtLeast (parsed.cpu.version or "0") "6" then abis.gnueabihf else abis.gnueabi
            else if cpu == "powerpc64" then
              abis.gnuabielfv1
            else
              abis.gnu
          else
            abis.unknown;
      };
    in
    mkSystem parsed;

  kernelName = kernel: kernel.name + toString (kernel.version or "");
  # What macOS calls a processor.
  darwinArch = cpu: { armv7a = "armv7"; aarch64 = "arm64"; }.${cpu.name} or cpu.name;
in
{
  inherit
    abis
    cpuTypes
    darwinArch
    execFormats
    kernelFamilies
    kernels
    mkSystem
    mkSystemFromSkeleton
    vendors
    kernelName
    ;
  significantBytes = { inherit bigEndian littleEndian; };
  mkSkeletonFromList = skeleton;
  mkSystemFromString = s: mkSystemFromSkeleton (skeleton (splitString "-" s));
  isSystem = x: x._type or null == "system";

  doubleFromSystem =
    system:
    let
      inherit (system) cpu kernel;
    in
    "${cpu.name}-${kernelName kernel}";
  tripleFromSystem =
    { cpu, vendor, kernel, abi, ... }:
    "${if kernel.families ? darwin then darwinArch cpu else cpu.name}-${vendor.name}-${kernelName kernel}${lib.optionalString (abi != abis.unknown) "-${abi.name}"}";

  # The same platform with musl.
  mkMuslSystem =
    parsed:
    let
      same = name: { inherit name; value = name; };
      of = {
        gnueabi = "musleabi";
        gnueabihf = "musleabihf";
        gnuabin32 = "muslabin32";
        gnuabi64 = "muslabi64";
      }
      // builtins.listToAttrs (map same [ "musleabi" "musleabihf" "muslabin32" "muslabi64" ]);
    in
    mkSystem (parsed // { abi = abis.${of.${parsed.abi.name} or "musl"}; });
  gnuNetBSDDefaultExecFormat =
    cpu: if cpu.bits == 32 && elem cpu.family [ "arm" "sparc" "m68k" "x86" ] then execFormats.aout else execFormats.elf;

  # Whether the processor `a` runs what was made for `b`.
  isCompatible =
    a: b:
    let
      runs = {
        x86_64 = [ "i686" "i586" "i486" "i386" ];
        i686 = [ "i586" "i486" "i386" ];
        i586 = [ "i486" "i386" ];
        i486 = [ "i386" ];
        aarch64 = [ "armv8a" "armv7a" "armv7l" "armv6l" "arm" ];
        armv8a = [ "armv7a" "armv7l" "armv6l" "arm" ];
        armv7a = [ "armv7l" "armv6l" "arm" ];
        armv7l = [ "armv7a" "armv6l" "arm" ];
        armv6l = [ "arm" ];
        powerpc64 = [ "powerpc" ];
        sparc64 = [ "sparc" ];
        s390x = [ "s390" ];
        mips64 = [ "mips" ];
        mips64el = [ "mipsel" ];
        riscv64 = [ "riscv32" ];
        wasm64 = [ "wasm32" ];
      };
    in
    a == b || elem b.name (runs.${a.name} or [ ]);
}
