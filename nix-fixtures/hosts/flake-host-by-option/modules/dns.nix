{ config, lib, ... }:
{
  options.roles.dns = lib.mkEnableOption "DNS";
  config = lib.mkIf config.roles.dns {
    containers.dns = { autoStart = true; forwardPorts = map (protocol: { inherit protocol; hostPort = 53; }) [ "tcp" "udp" ]; privateNetwork = true; hostAddress = "10.200.0.1"; localAddress = "10.200.0.53"; config = { }; };
    networking.firewall.allowedUDPPorts = [ 53 ];
  };
}
