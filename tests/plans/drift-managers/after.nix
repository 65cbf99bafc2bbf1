{
  containers.web = {
    autoStart = true;
    path = "/nix/store/00000000000000000000000000000000-web";
    privateNetwork = true;
    hostAddress = "10.0.0.1";
    localAddress = "10.0.0.2";
    forwardPorts = [
      { hostPort = 8080; containerPort = 80; }
    ];
  };
}
