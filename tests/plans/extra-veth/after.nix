{
  containers.web = {
    autoStart = true;
    path = "/nix/store/00000000000000000000000000000000-web";
    privateNetwork = true;
    hostAddress = "10.0.0.1";
    localAddress = "10.0.0.2";
    extraVeths.backup = { hostAddress = "10.9.0.1"; localAddress = "10.9.0.2"; };
  };
}
