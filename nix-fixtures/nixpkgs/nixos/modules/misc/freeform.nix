# Lets every definition pass that no option takes. Not part of `module-list.nix`: a system that is built from this tree
# refuses what it does not know, while a host configuration is read for its containers alone.
{ lib, ... }:
{
  _module.freeformType = lib.types.lazyAttrsOf lib.types.anything;
}
