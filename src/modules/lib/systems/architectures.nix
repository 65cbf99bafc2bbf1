# Processor families as compilers name them, and what each of them can do beyond its parents.
{ lib }:
let
  # Instruction sets are inherited: what `znver3` has, `znver2` had first.
  chain = {
    alderlake = [ "sse3" "ssse3" "sse4_1" "sse4_2" "aes" "avx" "avx2" "fma" ];
    armv5te = [ ];
    armv6 = [ ];
    armv7-a = [ ];
    armv8-a = [ ];
    bdver1 = [ "sse3" "ssse3" "sse4_1" "sse4_2" "sse4a" "aes" "avx" "fma" "fma4" ];
    bdver2 = [ "sse3" "ssse3" "sse4_1" "sse4_2" "sse4a" "aes" "avx" "fma" "fma4" ];
    bdver3 = [ "sse3" "ssse3" "sse4_1" "sse4_2" "sse4a" "aes" "avx" "fma" "fma4" ];
    bdver4 = [ "sse3" "ssse3" "sse4_1" "sse4_2" "sse4a" "aes" "avx" "avx2" "fma" "fma4" ];
    broadwell = [ "sse3" "ssse3" "sse4_1" "sse4_2" "avx" "avx2" "fma" ];
    btver1 = [ "sse3" "ssse3" "sse4_1" "sse4_2" ];
    btver2 = [ "sse3" "ssse3" "sse4_1" "sse4_2" "aes" "avx" ];
    cannonlake = [ "sse3" "ssse3" "sse4_1" "sse4_2" "aes" "avx" "avx2" "avx512" "fma" ];
    cascadelake = [ "sse3" "ssse3" "sse4_1" "sse4_2" "aes" "avx" "avx2" "avx512" "fma" ];
    cooperlake = [ "sse3" "ssse3" "sse4_1" "sse4_2" "aes" "avx" "avx2" "avx512" "fma" ];
    default = [ ];
    emeraldrapids = [ "sse3" "ssse3" "sse4_1" "sse4_2" "aes" "avx" "avx2" "avx512" "fma" ];
    haswell = [ "sse3" "ssse3" "sse4_1" "sse4_2" "avx" "avx2" "fma" ];
    icelake-client = [ "sse3" "ssse3" "sse4_1" "sse4_2" "aes" "avx" "avx2" "avx512" "fma" ];
    icelake-server = [ "sse3" "ssse3" "sse4_1" "sse4_2" "aes" "avx" "avx2" "avx512" "fma" ];
    ivybridge = [ "sse3" "ssse3" "sse4_1" "sse4_2" "avx" ];
    la464 = [ "fpu64" "lsx" "lasx" ];
    "la64v1.0" = [ "fpu64" "lsx" ];
    "la64v1.1" = [ "fpu64" "lsx" "div32" "frecipe" "lam-bh" "lamcas" "ld-seq-sa" ];
    la664 = [ "fpu64" "lsx" "lasx" "div32" "frecipe" "lam-bh" "lamcas" "ld-seq-sa" ];
    loongarch64 = [ "fpu64" ];
    loongson2f = [ ];
    mips32 = [ ];
    nehalem = [ "sse3" "ssse3" "sse4_1" "sse4_2" ];
    rocketlake = [ "sse3" "ssse3" "sse4_1" "sse4_2" "aes" "avx" "avx2" "avx512" "fma" ];
    sandybridge = [ "sse3" "ssse3" "sse4_1" "sse4_2" "avx" ];
    sapphirerapids = [ "sse3" "ssse3" "sse4_1" "sse4_2" "aes" "avx" "avx2" "avx512" "fma" ];
    sierraforest = [ "sse3" "ssse3" "sse4_1" "sse4_2" "aes" "avx" "avx2" "fma" ];
    silvermont = [ "sse3" "ssse3" "sse4_1" "sse4_2" ];
    skylake = [ "sse3" "ssse3" "sse4_1" "sse4_2" "aes" "avx" "avx2" "fma" ];
    skylake-avx512 = [ "sse3" "ssse3" "sse4_1" "sse4_2" "aes" "avx" "avx2" "avx512" "fma" ];
    tigerlake = [ "sse3" "ssse3" "sse4_1" "sse4_2" "aes" "avx" "avx2" "avx512" "fma" ];
    westmere = [ "sse3" "ssse3" "sse4_1" "sse4_2" ];
    x86-64 = [ ];
    x86-64-v2 = [ "sse3" "ssse3" "sse4_1" "sse4_2" ];
    x86-64-v3 = [ "sse3" "ssse3" "sse4_1" "sse4_2" "avx" "avx2" "fma" ];
    x86-64-v4 = [ "sse3" "ssse3" "sse4_1" "sse4_2" "avx" "avx2" "avx512" "fma" ];
    znver1 = [ "sse3" "ssse3" "sse4_1" "sse4_2" "sse4a" "aes" "avx" "avx2" "fma" ];
    znver2 = [ "sse3" "ssse3" "sse4_1" "sse4_2" "sse4a" "aes" "avx" "avx2" "fma" ];
    znver3 = [ "sse3" "ssse3" "sse4_1" "sse4_2" "sse4a" "aes" "avx" "avx2" "fma" ];
    znver4 = [ "sse3" "ssse3" "sse4_1" "sse4_2" "sse4a" "aes" "avx" "avx2" "avx512" "fma" ];
    znver5 = [ "sse3" "ssse3" "sse4_1" "sse4_2" "sse4a" "aes" "avx" "avx2" "avx512" "fma" ];
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
    lsxSupport = has "lsx";
    lasxSupport = has "lasx";
  };
}
