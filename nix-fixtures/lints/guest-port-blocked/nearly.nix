# Open on the host too, by a list or a range; used by the host's own proxy only; or in a network of its own.
{
  networking.firewall.allowedTCPPorts = [ 443 ];
  networking.firewall.allowedTCPPortRanges = [ { from = 8000; to = 8999; } ];
  services.nginx.enable = true;
  services.nginx.virtualHosts."git.example.org".locations."/".proxyPass = "http://127.0.0.1:3000/";
  containers.media.config.networking.firewall.allowedTCPPorts = [ 443 8096 ];
  containers.git.config.networking.firewall.allowedTCPPorts = [ 3000 ];
  containers.own = {
    privateNetwork = true;
    config.networking.firewall.allowedTCPPorts = [ 9999 ];
  };
  containers.macvlan = {
    macvlans = [ "eth0" ];
    config.networking.firewall.allowedTCPPorts = [ 9998 ];
  };
}
