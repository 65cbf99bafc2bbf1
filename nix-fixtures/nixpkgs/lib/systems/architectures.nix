# Processor families as compilers name them, and what each of them can do beyond its parents.
{ lib }:
let
  # Instruction sets are inherited: what `znver3` has, `znver2` had first.
  chain = {
    default = [ ];
    "x86-64" = [ ];
    "x86-64-v2" = [ "sse3" "ssse3" "sse4_1" "sse4_2" ];
    "x86-64-v3" = [ "sse3" "ssse3" "sse4_1" "sse4_2" "avx" "avx2" "fma" ];
    "x86-64-v4" = [ "sse3" "ssse3" "sse4_1" "sse4_2" "avx" "avx2" "avx512" "fma" ];
    nehalem = [ "sse3" "ssse3" "sse4_1" "sse4_2" ];
    westmere = [ "sse3" "ssse3" "sse4_1" "sse4_2" "aes" ];
    sandybridge = [ "sse3" "ssse3" "sse4_1" "sse4_2" "aes" "avx" ];
    ivybridge = [ "sse3" "ssse3" "sse4_1" "sse4_2" "aes" "avx" ];
    haswell = [ "sse3" "ssse3" "sse4_1" "sse4_2" "aes" "avx" "avx2" "fma" ];
    broadwell = [ "sse3" "ssse3" "sse4_1" "sse4_2" "aes" "avx" "avx2" "fma" ];
    skylake = [ "sse3" "ssse3" "sse4_1" "sse4_2" "aes" "avx" "avx2" "fma" ];
    "skylake-avx512" = [ "sse3" "ssse3" "sse4_1" "sse4_2" "aes" "avx" "avx2" "avx512" "fma" ];
    alderlake = [ "sse3" "ssse3" "sse4_1" "sse4_2" "aes" "avx" "avx2" "fma" ];
    btver1 = [ "sse3" "ssse3" "sse4_1" "sse4_2" ];
    btver2 = [ "sse3" "ssse3" "sse4_1" "sse4_2" "aes" "avx" ];
    bdver1 = [ "sse3" "ssse3" "sse4_1" "sse4_2" "sse4a" "aes" "avx" "fma4" ];
    znver1 = [ "sse3" "ssse3" "sse4_1" "sse4_2" "sse4a" "aes" "avx" "avx2" "fma" ];
    znver2 = [ "sse3" "ssse3" "sse4_1" "sse4_2" "sse4a" "aes" "avx" "avx2" "fma" ];
    znver3 = [ "sse3" "ssse3" "sse4_1" "sse4_2" "sse4a" "aes" "avx" "avx2" "fma" ];
    znver4 = [ "sse3" "ssse3" "sse4_1" "sse4_2" "sse4a" "aes" "avx" "avx2" "avx512" "fma" ];
  };
  has = feature: arch: lib.elem feature (chain.${arch} or [ ]);
in
{
  features = chain;
  predicates = {
    sse3Support = has "sse3";
    ssse3Support = has "ssse3";
    sse4_1Support = has "sse4_1";
    sse4_2Support = has "sse4_2";
    sse4_aSupport = has "sse4a";
    aesSupport = has "aes";
    avxSupport = has "avx";
    avx2Support = has "avx2";
    avx512Support = has "avx512";
    fmaSupport = has "fma";
    fma4Support = has "fma4";
  };
}
