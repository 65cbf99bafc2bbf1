{
  services.site.address = "10.8.0.5";
  containers.pg = {
    privateNetwork = true;
    hostBridge = "br-db";
    localAddress = "10.8.0.6/24";
    config = { };
  };
  system.stateVersion = "24.11";
}
