{
  containers.web = {
    autoStart = true;
    config = {
      services.httpd.enable = true;
      networking.firewall.allowedTCPPorts = [ 80 ];
    };
  };
  containers.other.config.services.openssh.enable = true;
}
