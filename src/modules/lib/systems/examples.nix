# Platforms that one may build for.
{ lib }:
let
  platform = config: { inherit config; };
in
{
  aarch64-multiplatform = platform "aarch64-unknown-linux-gnu";
  aarch64-multiplatform-musl = platform "aarch64-unknown-linux-musl";
  aarch64-embedded = platform "aarch64-none-elf" // { libc = "newlib"; };
  arm-embedded = platform "arm-none-eabi" // { libc = "newlib"; };
  armv7l-hf-multiplatform = platform "armv7l-unknown-linux-gnueabihf";
  avr = platform "avr";
  gnu32 = platform "i686-unknown-linux-gnu";
  gnu64 = platform "x86_64-unknown-linux-gnu";
  loongarch64-linux = platform "loongarch64-unknown-linux-gnu";
  mips64el-linux-gnuabi64 = platform "mips64el-unknown-linux-gnuabi64";
  mingw32 = platform "i686-w64-mingw32" // { libc = "msvcrt"; };
  mingwW64 = platform "x86_64-w64-mingw32" // { libc = "msvcrt"; };
  musl32 = platform "i686-unknown-linux-musl";
  musl64 = platform "x86_64-unknown-linux-musl";
  powernv = platform "powerpc64le-unknown-linux-gnu";
  ppc64 = platform "powerpc64-unknown-linux-gnuabielfv2";
  raspberryPi = platform "armv6l-unknown-linux-gnueabihf";
  riscv32 = platform "riscv32-unknown-linux-gnu";
  riscv64 = platform "riscv64-unknown-linux-gnu";
  s390x = platform "s390x-unknown-linux-gnu";
  wasi32 = platform "wasm32-unknown-wasi";
  x86_64-darwin = platform "x86_64-apple-darwin";
  aarch64-darwin = platform "aarch64-apple-darwin";
  x86_64-freebsd = platform "x86_64-unknown-freebsd";
  x86_64-netbsd = platform "x86_64-unknown-netbsd";
  x86_64-openbsd = platform "x86_64-unknown-openbsd";
}
