{
  imports = [ ./helper.nix ];
  containers.torrent.config = { };
  networking.firewall.allowedTCPPorts = [ 51413 ];
}
