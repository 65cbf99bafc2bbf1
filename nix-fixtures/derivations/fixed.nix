# Derivations whose content is known: their paths do not depend on how they are made.
let
  make = attrs: derivation ({ name = "fetched"; system = "x86_64-linux"; builder = "/bin/sh"; } // attrs);
  sha256 = "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb";
in
{
  flat = make { outputHash = sha256; outputHashAlgo = "sha256"; };
  flatExplicit = make { outputHash = sha256; outputHashAlgo = "sha256"; outputHashMode = "flat"; };
  recursive = make { outputHash = sha256; outputHashAlgo = "sha256"; outputHashMode = "recursive"; };
  nar = make { outputHash = sha256; outputHashAlgo = "sha256"; outputHashMode = "nar"; };
  sri = make { outputHash = "sha256-ypeBEsobvcr6wjGzmiPcTaeG7/gUfE5yuYB3ha/uSLs="; };
  nix32 = make { outputHash = "1fs8xspqaxw0p5r4wz0lz3pqd9sdvhirmcriqbxcmg8vr89835ya"; outputHashAlgo = "sha256"; };
  prefixed = make { outputHash = "sha256:${sha256}"; };
  md5 = make { outputHash = "0cc175b9c0f1b6a831c399e269772661"; outputHashAlgo = "md5"; };
  md5Recursive = make { outputHash = "0cc175b9c0f1b6a831c399e269772661"; outputHashAlgo = "md5"; outputHashMode = "recursive"; };
  sha1 = make { outputHash = "86f7e437faa5a7fce15d1ddcb9eaeaea377667b8"; outputHashAlgo = "sha1"; };
  sha1Recursive = make { outputHash = "86f7e437faa5a7fce15d1ddcb9eaeaea377667b8"; outputHashAlgo = "sha1"; outputHashMode = "recursive"; };
  sha512 = make {
    outputHash = "sha512-H0D8ktokFpR1CXnubPWC8tXX0o4YM13gWrxU0FYOD1MChgxlK/CNVgJSqlp50kQVG4/7u45snBzPx7llcmT+mg==";
  };
  unknown = make { outputHash = ""; outputHashAlgo = "sha256"; };
  otherBuilder = make { outputHash = sha256; outputHashAlgo = "sha256"; builder = "/bin/other"; url = "http://example.org"; };
}
