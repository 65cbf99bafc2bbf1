{ lib, ... }:
let
  guest = n: extra: { privateNetwork = true; hostAddress = "10.31.${toString n}.1"; localAddress = "10.31.${toString n}.2"; config = { }; } // extra;
in
{
  containers.a = guest 1 { autoStart = true; forwardPorts = [ { hostPort = 8001; } ]; bindMounts."/data" = { }; };
  containers.b = guest 2 { ephemeral = true; forwardPorts = [ { hostPort = 5300; protocol = "udp"; } ]; };
  containers.c = { config = { }; bindMounts."/x".hostPath = "/y"; };
}
