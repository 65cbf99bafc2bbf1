{ lib, ... }: {
  imports = [ ./a.nix ./b.nix ];
  networking.nat = { enable = true; internalInterfaces = [ "ve-+" ]; };
  containers.web = {
    privateNetwork = true;
    hostAddress = "192.168.9.1";
    localAddress = "192.168.9.2";
    forwardPorts = lib.mkBefore [
      { hostPort = 80; containerPort = 8080; }
    ];
    config = { networking.firewall.enable = false; };
  };
}
