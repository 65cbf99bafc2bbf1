# A service of the host that may open any port.
{
  services.something-new.enable = true;
  networking.firewall.allowedTCPPorts = [ 22 ];
  containers.media.config.networking.firewall.allowedTCPPorts = [ 8096 ];
}
