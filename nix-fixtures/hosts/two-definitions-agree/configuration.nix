# The same value defined twice: equal strings, numbers and nulls agree; lists add up; sets of the same mount go together.
{ lib, ... }:
{
  imports = [ ./again.nix ./and-again.nix ];
  networking.hostName = "agree";
  containers.twice = {
    autoStart = true;
    privateNetwork = true;
    hostAddress = "10.30.0.1";
    hostBridge = null;
    privateUsers = "pick";
    bindMounts."/x".hostPath = "/x";
    tmpfs = [ "/a" ];
    forwardPorts = [ { hostPort = 80; } ];
    extraVeths.v.localAddress = "10.30.1.2";
    config = { };
  };
  networking.nat.extraCommands = "echo root";
  networking.firewall.allowedTCPPorts = [ 3 1 ];
}
