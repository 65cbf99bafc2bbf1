# Parts of a version: `majorMinor "1.2.3"` is "1.2".
{ lib }:
rec {
  splitVersion = builtins.splitVersion;
  major = version: builtins.elemAt (splitVersion version) 0;
  minor = version: builtins.elemAt (splitVersion version) 1;
  patch = version: builtins.elemAt (splitVersion version) 2;
  majorMinor = version: builtins.concatStringsSep "." (lib.take 2 (splitVersion version));
  pad =
    n: version:
    let
      parts = lib.take n (splitVersion (builtins.head (lib.splitString "-" version)));
    in
    lib.concatStringsSep "." (parts ++ lib.replicate (n - builtins.length parts) "0");
}
