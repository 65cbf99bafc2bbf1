# Settings of a kernel.
{ lib }:
{
  option = x: x // { optional = true; };
  yes.tristate = "y";
  no.tristate = "n";
  module.tristate = "m";
  unset.tristate = null;
  freeform = x: { freeform = x; };
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
