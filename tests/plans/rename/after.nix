{
  containers.wasabi2 = {
    autoStart = true;
    path = "/nix/store/00000000000000000000000000000000-wasabi";
    privateNetwork = true;
    hostAddress = "10.0.0.1";
    localAddress = "10.0.0.11";
  };
}
