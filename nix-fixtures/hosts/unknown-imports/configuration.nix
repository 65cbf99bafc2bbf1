# Modules that are imported only if something unknown holds: what they define is unknown, all else is known.
{ lib, vars ? { }, flavour, ... }:
{
  imports = [ ./base.nix ] ++ lib.optional flavour.tunnel ./tunnel.nix ++ (if flavour.big then [ ./big.nix ./shared.nix ] else [ ./shared.nix ]);
  networking.hostName = "flavours";
}
