# Parts of a version: `majorMinor "1.2.3"` is "1.2".
{ lib }:
let
  splitVersion = builtins.splitVersion or (lib.splitString ".");
  part = n: version: builtins.elemAt (splitVersion version) n;
in
{
  inherit (builtins) compareVersions;
  inherit splitVersion;
  major = part 0;
  minor = part 1;
  patch = part 2;
  majorMinor = version: builtins.concatStringsSep "." (lib.take 2 (splitVersion version));
  pad =
    n: version:
    let
      numeric = builtins.head (lib.splitString "-" version);
      numbers = splitVersion numeric ++ lib.replicate n "0";
    in
    lib.concatStringsSep "." (lib.take n numbers) + lib.removePrefix numeric version;
}
