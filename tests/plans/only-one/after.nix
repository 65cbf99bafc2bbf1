{
  containers.blue = {
    autoStart = true;
    path = "/nix/store/00000000000000000000000000000000-blue";
    privateNetwork = true;
    hostAddress = "10.0.0.1";
    localAddress = "10.0.0.2";
    tmpfs = [ "/a" ];
  };
  containers.green = {
    autoStart = true;
    path = "/nix/store/00000000000000000000000000000000-green";
    privateNetwork = true;
    hostAddress = "10.0.0.1";
    localAddress = "10.0.0.3";
    tmpfs = [ "/b" ];
  };
}
