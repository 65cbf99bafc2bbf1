# Well typed, but no host can run it: six independent mistakes of the model, all reported in one run.
{ ... }:
let
  guest = { system.stateVersion = "25.05"; };
in
{
  networking.hostName = "impossible";
  containers.a = {
    privateNetwork = true;
    hostAddress = "10.91.0.1";
    localAddress = "10.91.0.2";
    forwardPorts = [ { hostPort = 80; } ];
    config = guest;
  };
  containers.b = {
    privateNetwork = true;
    hostAddress = "10.91.1.1";
    localAddress = "10.91.0.2";
    forwardPorts = [ { hostPort = 80; containerPort = 8080; } ];
    config = guest;
  };
  containers.c = {
    privateNetwork = true;
    hostAddress = "10.91.300.1";
    localAddress = "10.91.2.2";
    config = guest;
  };
  containers.d_e = { config = guest; };
  containers.f = {
    privateNetwork = true;
    hostAddress = "10.91.5.1";
    localAddress = "10.91.5.2";
    forwardPorts = [ { hostPort = 81; protocol = "sctp"; } ];
    config = guest;
  };
  system.stateVersion = "25.05";
}
