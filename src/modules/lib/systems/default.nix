# Platforms: what a name such as `x86_64-linux` says.
{ lib }:
let
  parse = import ./parse.nix { inherit lib; };
  inspect = import ./inspect.nix { inherit lib; };
  architectures = import ./architectures.nix { inherit lib; };
  inherit (lib) optionalAttrs;

  elaborate =
    systemOrArgs:
    let
      given = if builtins.isString systemOrArgs then { system = systemOrArgs; } else systemOrArgs;
      # What is computed may be given instead; what follows from it is computed again.
      args = removeAttrs given [ "parsed" "system" ];
      final = computed // args;
      computed = {
        parsed = parse.mkSystemFromString (args.config or given.system);
        system = parse.doubleFromSystem final.parsed;
        config = parse.tripleFromSystem final.parsed;
        canExecute =
          platform:
          final.isAndroid == platform.isAndroid
          && parse.isCompatible final.parsed.cpu platform.parsed.cpu
          && final.parsed.kernel == platform.parsed.kernel;
        isCompatible =
          _: throw "2022-05-23: isCompatible has been removed in favor of canExecute, refer to the 22.11 changelog for details";

        libc =
          if final.isDarwin then
            "libSystem"
          else if final.isMinGW then
            "msvcrt"
          else if final.isWasi then
            "wasilibc"
          else if final.isMusl then
            "musl"
          else if final.isUClibc then
            "uclibc"
          else if final.isAndroid then
            "bionic"
          else if final.isLinux then
            "glibc"
          else if final.isFreeBSD then
            "fblibc"
          else if final.isNetBSD then
            "nblibc"
          else if final.isOpenBSD then
            "oblibc"
          else if final.isAvr then
            "avrlibc"
          else if final.isNone then
            "newlib"
          else
            "native/impure";
        libDir =
          if !final.isLinux then
            null
          else if final.isx86_64 || final.isMips64 || final.isPower64 then
            "lib64"
          else
            "lib";
        linker =
          if final.isDarwin then
            "cctools"
          else if final.useLLVM then
            "lld"
          else
            "bfd";
        androidNdkVersion = null;
        androidSdkVersion = null;
        darwinMinVersion = "14.0";
        darwinMinVersionVariable =
          if final.isMacOS then
            "MACOSX_DEPLOYMENT_TARGET"
          else if final.isiOS then
            "IPHONEOS_DEPLOYMENT_TARGET"
          else
            null;
        darwinSdkVersion = "14.4";
        rustc = { };
        nim = {
          cpu =
            {
              aarch64 = "arm64";
              i686 = "i386";
              powerpc64le = "powerpc64";
              riscv64 = "riscv64";
              x86_64 = "amd64";
            }
            .${final.parsed.cpu.name} or (if final.isAarch32 then "arm" else null);
          os =
            {
              darwin = "MacOSX";
              freebsd = "FreeBSD";
              linux = "Linux";
              netbsd = "NetBSD";
              openbsd = "OpenBSD";
              windows = "Windows";
            }
            .${final.parsed.kernel.name} or null;
        };
        extensions =
          optionalAttrs final.hasSharedLibraries {
            sharedLibrary =
              if final.isDarwin then
                ".dylib"
              else if final.isWindows then
                ".dll"
              else
                ".so";
          }
          // {
            staticLibrary = if final.isWindows then ".lib" else ".a";
            library = if final.isStatic then final.extensions.staticLibrary else final.extensions.sharedLibrary;
            executable = if final.isWindows then ".exe" else "";
          };
        uname = {
          system =
            {
              linux = "Linux";
              windows = "Windows";
              darwin = "Darwin";
              netbsd = "NetBSD";
              freebsd = "FreeBSD";
              openbsd = "OpenBSD";
              wasi = "Wasi";
              redox = "Redox";
              genode = "Genode";
            }
            .${final.parsed.kernel.name} or null;
          processor =
            if final.isPower64 then
              "ppc64${lib.optionalString final.isLittleEndian "le"}"
            else if final.isPower then
              "ppc"
            else if final.isMips64 then
              "mips64"
            else if final.isDarwin && final.isAarch64 then
              "arm64"
            else
              final.parsed.cpu.name;
          release = null;
        };
        hasSharedLibraries = !final.isStatic && !final.isNone && !final.isWasi;
        isExecutable = platform: final.canExecute platform;
        isStatic = final.isWasi || final.isRedox;
        useLLVM = final.isFreeBSD || final.isOpenBSD;
        useAndroidPrebuilt = false;
        useiOSPrebuilt = false;

        linuxArch =
          if final.isAarch32 then
            "arm"
          else if final.isAarch64 then
            "arm64"
          else if final.isx86_32 then
            "i386"
          else if final.isx86_64 then
            "x86_64"
          else if final.isPower then
            "powerpc"
          else if final.isRiscV then
            "riscv"
          else if final.isS390 then
            "s390"
          else if final.isLoongArch64 then
            "loongarch"
          else if final.isMips then
            "mips"
          else
            final.parsed.cpu.name;
        ubootArch = if final.isx86_32 then "x86" else final.linuxArch;
        qemuArch =
          if final.isAarch32 then
            "arm"
          else if final.isAarch64 then
            "aarch64"
          else if final.isS390 && !final.isS390x then
            null
          else if final.isx86_64 then
            "x86_64"
          else if final.isx86 then
            "i386"
          else if final.isMips64n64 then
            "mips64${lib.optionalString final.isLittleEndian "el"}"
          else
            {
              powerpc = "ppc";
              powerpc64 = "ppc64";
              powerpc64le = "ppc64le";
            }
            .${final.parsed.cpu.name} or final.parsed.cpu.name;
        efiArch =
          if final.isx86_32 then
            "ia32"
          else if final.isx86_64 then
            "x64"
          else if final.isAarch32 then
            "arm"
          else if final.isAarch64 then
            "aa64"
          else
            final.parsed.cpu.name;
        darwinArch = parse.darwinArch final.parsed.cpu;
        darwinPlatform =
          if final.isMacOS then
            "macos"
          else if final.isiOS then
            "ios"
          else
            null;
        go = {
          GOARCH =
            {
              aarch64 = "arm64";
              arm = "arm";
              armv5tel = "arm";
              armv6l = "arm";
              armv7a = "arm";
              armv7l = "arm";
              i686 = "386";
              loongarch64 = "loong64";
              mips64el = "mips64le";
              mipsel = "mipsle";
              powerpc64 = "ppc64";
              powerpc64le = "ppc64le";
              riscv64 = "riscv64";
              s390x = "s390x";
              wasm32 = "wasm";
              x86_64 = "amd64";
            }
            .${final.parsed.cpu.name} or null;
          GOOS = if final.isWasi then "wasip1" else final.parsed.kernel.name;
          GOARM = toString (lib.intersectLists [ (final.parsed.cpu.version or "") ] [ "5" "6" "7" ]);
        };
        node = {
          arch =
            if final.isAarch64 then
              "arm64"
            else if final.isx86_64 then
              "x64"
            else if final.isx86_32 then
              "ia32"
            else if final.isAarch32 then
              "arm"
            else if final.isPower64 then
              "ppc64"
            else if final.isLoongArch64 then
              "loong64"
            else
              final.parsed.cpu.name;
          platform = if final.isDarwin then "darwin" else final.parsed.kernel.name;
        };
        rust = {
          platform = {
            arch =
              if final.isAarch32 then
                "arm"
              else if final.isMips64 then
                "mips64"
              else if final.isPower64 then
                "powerpc64"
              else
                final.parsed.cpu.name;
            os =
              if final.isNone then
                "none"
              else if final.isDarwin then
                "macos"
              else
                final.parsed.kernel.name;
            env =
              if lib.hasPrefix "gnu" final.parsed.abi.name then
                "gnu"
              else if final.isMusl then
                "musl"
              else if final.isMsvc then
                "msvc"
              else
                "";
            target-family =
              lib.optional final.isUnix "unix" ++ lib.optional final.isWindows "windows" ++ lib.optional final.isWasm "wasm";
            vendor = if final.parsed.vendor.name == "w64" then "pc" else final.parsed.vendor.name;
          };
          rustcTargetSpec = final.rust.rustcTarget;
          rustcTarget =
            let
              cpu =
                {
                  i486 = "i586";
                  i386 = "i586";
                  armv7l = "armv7";
                  armv7a = "armv7";
                  armv6l = "arm";
                  armv5tel = "armv5te";
                  riscv64 = "riscv64gc";
                }
                .${final.parsed.cpu.name} or final.parsed.cpu.name;
              vendor = if final.parsed.vendor.name == "pc" then "unknown" else final.parsed.vendor.name;
            in
            "${cpu}-${vendor}-${final.parsed.kernel.name}${
              lib.optionalString (final.parsed.abi.name != "unknown") "-${final.parsed.abi.name}"
            }";
          cargoShortTarget = final.rust.rustcTarget;
          cargoEnvVarTarget = lib.replaceStrings [ "-" ] [ "_" ] (lib.toUpper final.rust.cargoShortTarget);
          isNoStdTarget = final.isNone;
        };
        # What compilers are told of the processor, where that is more than its family.
        gcc =
          {
            aarch64 = { arch = "armv8-a"; };
            armv5tel = { arch = "armv5te"; };
            armv6l = { arch = "armv6kz"; fpu = "vfpv2"; };
            armv7a = { arch = "armv7-a"; fpu = "vfpv3-d16"; };
            armv7l = { arch = "armv7-a"; fpu = "vfpv3-d16"; };
            loongarch64 = { arch = "la64v1.0"; cmodel = "medium"; strict-align = false; };
          }
          .${if final.isDarwin then "" else final.parsed.cpu.name} or (
            if final.isMacOS && final.isAarch64 then
              {
                arch = "armv8.3-a+crypto+sha2+aes+crc+fp16+lse+simd+ras+rdm+rcpc";
                cpu = "apple-a13";
              }
            else
              { }
          );
        linux-kernel = optionalAttrs final.isLinux {
          name = if final.isx86 then "pc" else final.linuxArch;
          baseConfig = "defconfig";
          autoModules = true;
          target =
            if final.isx86 then
              "bzImage"
            else if final.isAarch64 then
              "Image"
            else
              "vmlinux";
        };
      }
      // lib.mapAttrs (_: holds: holds final.parsed) inspect.predicates
      // lib.mapAttrs (_: holds: holds final.gcc.arch or "default") architectures.predicates;
    in
    assert final.useAndroidPrebuilt -> final.isAndroid;
    final;
in
{
  inherit
    architectures
    elaborate
    inspect
    parse
    ;
  doubles = import ./doubles.nix { inherit lib; };
  examples = import ./examples.nix { inherit lib; };
  flakeExposed = import ./flake-systems.nix { };

  equals =
    a: b:
    let
      plain = lib.filterAttrs (_: v: !(lib.isFunction v));
      cleaned = x: removeAttrs (plain x) (lib.systems.functionNames ++ [ "isCompatible" "isExecutable" ]);
    in
    cleaned a == cleaned b;
  # What of a platform is a function, so that it cannot be compared.
  functionNames = [ "canExecute" "emulator" "emulatorAvailable" "staticEmulatorAvailable" ];
  systemToAttrs = system: if builtins.isAttrs system then system else { inherit system; };
  toLosslessStringMaybe =
    sys:
    if builtins.isString sys then
      sys
    else if sys ? system && lib.systems.equals (elaborate sys.system) sys then
      sys.system
    else
      null;
  crossIndex = [
    "buildBuild"
    "buildHost"
    "buildTarget"
    "hostHost"
    "hostTarget"
    "targetTarget"
  ];
}
