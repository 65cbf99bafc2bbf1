# Guests that define containers themselves, and settings inside guests that look like the host's: the host's stay as they are.
{ config, lib, ... }:
let
  inner = { lib, ... }: {
    containers.inner = {
      autoStart = true;
      privateNetwork = true;
      config = { };
    };
    networking.nat.enable = true;
    networking.firewall.allowedTCPPorts = [ 9999 ];
    networking.hostName = lib.mkForce "inside";
    system.stateVersion = "20.03";
  };
in
{
  networking.hostName = "outside";
  containers.outer = {
    autoStart = true;
    privateNetwork = true;
    hostAddress = "10.23.0.1";
    localAddress = "10.23.0.2";
    config = {
      imports = [ inner ];
      boot.enableContainers = true;
      networking.firewall.enable = false;
    };
  };
  containers.list.config = lib.mkMerge [
    { networking.firewall.allowedTCPPorts = [ 1 ]; }
    (lib.mkIf (config.networking.hostName == "outside") { networking.firewall.allowedTCPPorts = [ 2 ]; })
  ];
  system.stateVersion = "25.05";
}
