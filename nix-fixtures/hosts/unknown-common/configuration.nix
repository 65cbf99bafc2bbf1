# A base that is not here (`common // …`, `recursiveUpdate base`): what is set after it is known, the rest is not.
{ lib, inputs, mylib, ... }:
let
  base = mylib.mkBase { id = 4; };
in
{
  networking.hostName = "based";
  containers.over = base // { autoStart = true; ephemeral = false; localAddress = "10.190.0.2"; };
  containers.own = { autoStart = true; hostAddress = mylib.gateway; config = { }; };
  networking.firewall.allowedTCPPorts = [ 22 ];
  system.stateVersion = "25.05";
}
