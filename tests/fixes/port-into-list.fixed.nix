# A port more, in lists of several layouts; the last one is shared with another guest, and gets a list of its own.
let
  base = { networking.firewall.allowedTCPPorts = [ 22 ]; };
  guest = n: port: config: {
    inherit config;
    privateNetwork = true;
    localAddress = "10.0.0.${toString n}";
    forwardPorts = [ { hostPort = port; } ];
  };
in {
  containers.one = {
    privateNetwork = true;
    localAddress = "10.0.0.2";
    forwardPorts = [ { hostPort = 8001; } { hostPort = 8002; protocol = "udp"; } ];
    config = {
      networking.firewall = {
        allowedTCPPorts = [
          22
          443 # the web
          # more to come
          8001
        ];
      };
      networking.firewall.allowedUDPPorts = [ 8002 ];
    };
  };
  containers.two = {
    privateNetwork = true;
    localAddress = "10.0.0.3";
    forwardPorts = [ { hostPort = 8003; } ];
    config = { lib, ... }: { networking.firewall.allowedTCPPorts = lib.mkBefore [22 8003 ]; };
  };
  containers.three = {
    privateNetwork = true;
    localAddress = "10.0.0.4";
    forwardPorts = [ { hostPort = 8004; } ];
    config = { imports = [ base ]; networking.firewall.allowedTCPPorts = [ 8004 ]; };
  };
}
