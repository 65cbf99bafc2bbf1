{
  containers.web = {
    autoStart = true;
    config.services.nginx.enable = true;
    privateNetwork = true;
    hostAddress = "10.0.0.1";
    localAddress = "10.0.0.2";
    forwardPorts = [
      { hostPort = 8080; containerPort = 80; }
    ];
    additionalCapabilities = [ "CAP_SYS_TIME" ];
    bindMounts."/www".hostPath = "/srv/www";
  };
}
