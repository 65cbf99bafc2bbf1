# The guest shares the host's network: what its own firewall opens, nobody asks.
{
  networking.firewall.allowedTCPPorts = [ 22 443 ];
  services.openssh.enable = true;
  containers.media.config = {
    services.jellyfin.enable = true;
    networking.firewall.allowedTCPPorts = [ 443 8096 8920 ];
    networking.firewall.allowedUDPPorts = [ 1900 ];
  };
}
