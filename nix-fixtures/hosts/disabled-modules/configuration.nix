# `disabledModules` takes a module of one's own out, by path and by key, though another file imports it.
{ ... }:
{
  imports = [
    ./profile.nix
    { key = "local-ports"; networking.firewall.allowedTCPPorts = [ 1 ]; }
  ];
  disabledModules = [ ./services/torrent.nix { key = "local-ports"; } ];
  networking.hostName = "without";
  system.stateVersion = "24.05";
}
