# Parts of a version: `majorMinor "1.2.3"` is "1.2".
{ lib }:
let
  splitVersion = builtins.splitVersion or (lib.splitString ".");
  part = n: version: builtins.elemAt (splitVersion version) n;
in
{
  inherit splitVersion;
  major = part 0;
  minor = part 1;
  patch = part 2;
  majorMinor = version: builtins.concatStringsSep "." (lib.take 2 (splitVersion version));
  pad =
    n: version:
    let
      numbers = lib.take n (splitVersion (builtins.head (lib.splitString "-" version)));
    in
    lib.concatStringsSep "." (numbers ++ lib.genList (_: "0") (n - builtins.length numbers));
}
