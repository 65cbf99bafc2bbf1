# <nix/fetchurl.nix>: downloads a file as a fixed-output derivation that Nix builds itself.
let
  # The first hash that is given, with its algorithm.
  chosen = { hash, sha512, sha1, md5, sha256 }:
    let
      candidates = [
        { inherit hash; algorithm = ""; }
        { hash = sha512; algorithm = "sha512"; }
        { hash = sha1; algorithm = "sha1"; }
        { hash = md5; algorithm = "md5"; }
      ];
      given = builtins.filter (candidate: candidate.hash != "") candidates;
    in
    builtins.head (given ++ [ { hash = sha256; algorithm = "sha256"; } ]);
in
{ url
, name ? baseNameOf (toString url)
, hash ? "", sha512 ? "", sha256 ? "", sha1 ? "", md5 ? ""
, outputHash ? (chosen { inherit hash sha512 sha1 md5 sha256; }).hash
, outputHashAlgo ? (chosen { inherit hash sha512 sha1 md5 sha256; }).algorithm
, executable ? false
, unpack ? false
, impure ? false
, system ? "" # had a meaning in older versions
}:
let
  promised = if impure then { __impure = true; } else { inherit outputHash outputHashAlgo; };
in
derivation (promised // {
  inherit name url executable unpack;
  urls = [ url ];
  outputHashMode = if executable || unpack then "recursive" else "flat";
  builder = "builtin:fetchurl";
  system = "builtin";
  preferLocalBuild = true;
  # Without effect, but part of the derivation's hash.
  impureEnvVars = map (protocol: "${protocol}_proxy") [ "http" "https" "ftp" "all" "no" ];
})
