{ lib, config, ... }:
{
  containers.mail = { autoStart = config.containers.web.autoStart; privateNetwork = true; hostBridge = "br0"; localAddress = "10.50.0.3/24"; config = { }; };
  networking.firewall.allowedTCPPorts = lib.mkBefore [ 25 587 ];
  networking.nat.internalInterfaces = lib.mkBefore [ "br0.mail" ];
  networking.nat.forwardPorts = [ { sourcePort = 25; destination = "10.50.0.3:25"; } ];
}
