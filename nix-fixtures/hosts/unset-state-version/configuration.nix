# No `system.stateVersion`: it and what follows from it are unknown, nothing else is; an old one gives old defaults in the guests only.
{ ... }:
{
  networking.hostName = "undated";
  networking.nftables.enable = true;
  containers.a = { autoStart = true; config = { system.stateVersion = "19.03"; }; };
  networking.nat.enable = true;
}
