{ lib, ... }:
{
  containers = {
    filled = {
      autoStart = true;
      bindMounts."/x".hostPath = "/x";
      extraFlags = [ "--x" ];
      hostAddress = "10.24.0.1";
      localAddress = "10.24.0.2";
      forwardPorts = [ { hostPort = 80; } { hostPort = 81; } ];
      extraVeths.v1.hostAddress = "10.24.1.1";
      config = { };
    };
    partly = {
      bindMounts."/a" = { hostPath = "/a"; isReadOnly = false; };
      bindMounts."/b" = { hostPath = "/b"; isReadOnly = false; };
      config = { };
    };
    gone = { autoStart = true; ephemeral = true; };
  };
  networking.firewall = {
    allowedTCPPorts = [ 22 ];
    trustedInterfaces = [ "wan" ];
    interfaces.wan.allowedTCPPorts = [ 22 ];
    allowedUDPPorts = lib.mkDefault [ 53 ];
  };
  networking.nat = { enable = true; externalInterface = "wan"; internalInterfaces = [ "a" ]; internalIPs = lib.mkForce [ "10.0.0.0/8" ]; };
}
