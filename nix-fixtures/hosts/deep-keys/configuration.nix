# Nothing but deep keys, in any order, with sets and keys of the same option mixed.
{ pkgs, ... }:
{
  containers.jelly.autoStart = true;
  containers.jelly.privateNetwork = true;
  containers.jelly.config.services.jellyfin.enable = true;
  networking.nat.enable = true;
  containers.jelly.bindMounts."/media/films".hostPath = "/tank/films";
  containers.jelly.bindMounts."/media/music" = { hostPath = "/tank/music"; };
  containers.jelly.bindMounts."/media/music".isReadOnly = true;
  containers.jelly.bindMounts."/var/lib/jellyfin" = {
    hostPath = "/fast/jellyfin";
    isReadOnly = false;
  };
  containers.jelly.hostAddress = "10.1.1.1";
  networking.nat.internalInterfaces = [ "ve-jelly" ];
  containers.jelly.localAddress = "10.1.1.2";
  containers."pi-hole".localAddress = "10.1.2.2";
  containers."pi-hole".hostAddress = "10.1.2.1";
  containers."pi-hole".privateNetwork = true;
  containers."pi-hole".forwardPorts = [
    { protocol = "udp"; hostPort = 53; }
    { protocol = "tcp"; hostPort = 53; containerPort = 53; }
  ];
  containers."pi-hole".config.system.stateVersion = "25.05";
  networking.hostName = "shelf";
  networking.firewall.interfaces."ve-pi-hole".allowedUDPPorts = [ 5353 53 ];
  networking.firewall.interfaces."ve-jelly".allowedTCPPortRanges = [ { from = 8000; to = 8100; } ];
  containers.jelly.allowedDevices = [
    { node = "/dev/dri/renderD128"; modifier = "rw"; }
  ];
  containers.jelly.bindMounts."/dev/dri/renderD128".hostPath = "/dev/dri/renderD128";
  containers.jelly.bindMounts."/dev/dri/renderD128".isReadOnly = false;
  networking.nat.externalInterface = "enp1s0";
  system.stateVersion = "25.05";
}
