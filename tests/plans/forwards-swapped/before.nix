{
  containers.blue = {
    autoStart = true;
    path = "/nix/store/00000000000000000000000000000000-blue";
    privateNetwork = true;
    hostAddress = "10.0.0.1";
    localAddress = "10.0.0.2";
    forwardPorts = [
      { hostPort = 8080; containerPort = 80; }
    ];
  };
  containers.green = {
    autoStart = true;
    path = "/nix/store/00000000000000000000000000000000-green";
    privateNetwork = true;
    hostAddress = "10.0.0.1";
    localAddress = "10.0.0.3";
    forwardPorts = [
      { hostPort = 8081; containerPort = 80; }
    ];
  };
}
