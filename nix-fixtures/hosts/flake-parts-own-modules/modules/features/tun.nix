{ containers }:
{ lib, ... }:
{
  containers = lib.genAttrs containers (_: { enableTun = lib.mkDefault true; });
}
