{
  containers.web = {
    autoStart = true;
    config = {
      services.httpd.enable = false;
      services.httpd.adminAddr = "admin@example.org";
      networking.firewall.allowedTCPPorts = [ 80 ];
    };
  };
  containers.other.config.services.openssh.enable = true;
}
