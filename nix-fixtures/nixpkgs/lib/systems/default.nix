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
        linker = if final.isDarwin then "cctools" else "bfd";
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
              powerpc64le = "ppc64";
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
        darwinArch = if final.isAarch64 then "arm64" else final.parsed.cpu.name;
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
                {
                  i686 = "x86";
                }
                .${final.parsed.cpu.name} or final.parsed.cpu.name;
            os =
              if final.isNone then
                "none"
              else if final.isDarwin then
                "macos"
              else
                final.parsed.kernel.name;
          };
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
        gcc = { };
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
      // lib.mapAttrs (_: holds: holds final.gcc.arch or "default") architectures.predicates
      // lib.mapAttrs (_: holds: holds final) {
        isILP32 = platform: lib.elem platform.parsed.abi.name [ "gnux32" "gnuabin32" "muslabin32" ];
      };
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
      cleaned = x: removeAttrs (plain x) [ "canExecute" "emulator" "emulatorAvailable" "isCompatible" "isExecutable" "staticEmulatorAvailable" ];
    in
    cleaned a == cleaned b;
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
