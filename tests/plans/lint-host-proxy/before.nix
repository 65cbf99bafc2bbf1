{
  services.nginx = {
    enable = true;
    virtualHosts."www.example.org".locations."/".proxyPass = "http://10.0.0.9/";
  };
  containers.old = {
    privateNetwork = true;
    hostAddress = "10.0.0.1";
    localAddress = "10.0.0.2";
    config.networking.firewall.allowedTCPPorts = [ 80 ];
  };
  containers.new = {
    timeoutStartSec = "1min";
    privateNetwork = true;
    hostAddress = "10.0.0.1";
    localAddress = "10.0.0.3";
    config.networking.firewall.allowedTCPPorts = [ 80 ];
  };
}
