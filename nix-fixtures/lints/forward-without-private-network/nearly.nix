# A forward with a private network; one where that is not known; and none without one.
{ pkgs, ... }: {
  containers.web = {
    privateNetwork = true;
    hostAddress = "10.0.0.1";
    localAddress = "10.0.0.2";
    forwardPorts = [ { hostPort = 8080; containerPort = 80; } ];
    config.networking.firewall.allowedTCPPorts = [ 80 ];
  };
  containers.perhaps = {
    privateNetwork = pkgs.stdenv.hostPlatform.isx86_64;
    hostAddress = "10.0.1.1";
    localAddress = "10.0.1.2";
    forwardPorts = [ { hostPort = 8081; containerPort = 80; } ];
    config.networking.firewall.allowedTCPPorts = [ 80 ];
  };
  containers.host = { forwardPorts = [ ]; config = { }; };
}
