{
  containers.web = {
    autoStart = true;
    path = "/nix/store/11111111111111111111111111111111-web";
    privateNetwork = true;
    hostAddress = "10.0.0.1";
    localAddress = "10.0.0.2";
  };
}
