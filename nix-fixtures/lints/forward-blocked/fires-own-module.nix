# The guest's own module opens one port, and nothing else could open the other.
{
  containers.app = {
    privateNetwork = true;
    hostAddress = "10.0.0.1";
    localAddress = "10.0.0.2";
    forwardPorts = [ { hostPort = 5000; } { hostPort = 9000; } ];
    config = {
      imports = [ ({ config, lib, ... }: {
        options.services.app.enable = lib.mkEnableOption "the app";
        config = lib.mkIf config.services.app.enable { networking.firewall.allowedTCPPorts = [ 5000 ]; };
      }) ];
      services.app.enable = true;
    };
  };
}
