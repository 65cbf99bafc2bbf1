# Containers on the physical network: `macvlans`, moved `interfaces`, a network namespace, and shared network.
{ config, ... }:
let
  lan = "enp4s0";
  cameras = [ "enp5s0" "enp6s0" ];
in
{
  networking.hostName = "nvr";
  networking.interfaces.${lan}.useDHCP = true;
  containers.shinobi = {
    autoStart = true;
    macvlans = [ lan ];
    interfaces = cameras;
    allowedDevices = [ { modifier = "rw"; node = "/dev/dri/card0"; } ];
    bindMounts = {
      dri = { mountPoint = "/dev/dri"; hostPath = "/dev/dri"; isReadOnly = false; };
      recordings = { mountPoint = "/recordings"; hostPath = "/mnt/recordings"; isReadOnly = false; };
      "/etc/localtime" = { };
    };
    config = { networking.interfaces."mv-${lan}".useDHCP = true; system.stateVersion = "24.05"; };
  };
  containers.vpnonly = {
    networkNamespace = "/run/netns/vpn";
    bindMounts."/etc/resolv.conf".hostPath = "/etc/netns/vpn/resolv.conf";
    copyResolvConf = false;
    config = { };
  };
  containers.shared = {
    privateNetwork = false;
    privateUsers = 1000000;
    tmpfs = [ "/tmp" "/run/scratch:size=100%,mode=0700" ];
    timeoutStartSec = "infinity";
    config = { services.openssh.ports = [ 2222 ]; };
  };
  containers.mapped = {
    privateUsers = "identity";
    flake = "github:example/guest";
  };
  system.stateVersion = "24.05";
}
