# Settings of a kernel.
{ lib }:
let
  tristate = value: {
    tristate = value;
    optional = false;
  };
in
{
  option = x: x // { optional = true; };
  yes = tristate "y";
  no = tristate "n";
  module = tristate "m";
  unset = tristate null;
  freeform = x: {
    freeform = x;
    optional = false;
  };
  # Settings that depend on the kernel's version.
  whenHelpers =
    version:
    let
      older = lib.versionOlder version;
      atLeast = lib.versionAtLeast version;
    in
    {
      whenAtLeast = at: lib.mkIf (atLeast at);
      whenOlder = at: lib.mkIf (older at);
      whenBetween = from: to: lib.mkIf (atLeast from && older to);
    };
}
