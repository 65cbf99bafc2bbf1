{
  containers.web = {
    autoStart = true;
    config = {
      networking.firewall.allowedTCPPorts = [ 80 ];
    };
  };
}
