let
  fetch = arguments: (import <nix/fetchurl.nix> ({ url = "http://example.org/a.tar"; } // arguments)).drvAttrs;
  sha256 = "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
in map fetch [
  { }
  { inherit sha256; }
  { inherit sha256; unpack = true; }
  { hash = sha256; executable = true; name = "other"; }
  { md5 = "d41d8cd98f00b204e9800998ecf8427e"; inherit sha256; }
  { sha1 = "da39a3ee5e6b4b0d3255bfef95601890afd80709"; md5 = "x"; }
  { sha512 = "a"; sha1 = "b"; }
  { sha512 = "a"; hash = "b"; }
  { impure = true; system = "ignored"; }
  { outputHash = "a"; outputHashAlgo = "md5"; }
  { url = ./files/text; sha256 = "x"; }
]
