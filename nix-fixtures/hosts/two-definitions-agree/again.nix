{
  containers.twice = {
    autoStart = true;
    hostAddress = "10.30.0.1";
    privateUsers = "pick";
    bindMounts."/x".isReadOnly = false;
    bindMounts."/x".mountPoint = "/mnt/x";
    tmpfs = [ "/b" ];
    forwardPorts = [ { hostPort = 80; } { hostPort = 81; protocol = "udp"; } ];
    extraVeths.v.hostAddress = "10.30.1.1";
    config = { };
  };
  networking.nat.extraCommands = "echo again";
  networking.firewall.allowedTCPPorts = [ 2 ];
  system.stateVersion = "25.05";
}
