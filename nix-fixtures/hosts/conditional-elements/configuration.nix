# `mkIf` and `mkMerge` as elements of lists and as values of sets, at every depth; elements under false conditions are gone.
{ lib, config, ... }:
let
  inherit (lib) mkIf mkMerge mkDefault;
  on = config.networking.hostName == "elements";
in
{
  networking.hostName = "elements";
  containers.e = {
    privateNetwork = mkMerge [ (mkIf (!on) false) (mkIf on true) ];
    forwardPorts = [ (mkIf on { hostPort = 1; }) (mkIf (!on) { hostPort = 2; }) { hostPort = 3; containerPort = mkIf on 30; protocol = mkMerge [ (mkDefault "udp") ]; } ];
    extraFlags = [ (mkIf (!on) "--never") "--always" (mkIf on "--on") ];
    bindMounts = { "/a" = mkIf on { hostPath = mkMerge [ (mkIf on "/x") ]; }; "/b" = mkIf (!on) { }; "/c" = mkMerge [ { } (mkIf (!on) { hostPath = "/never"; }) ]; };
    allowedDevices = mkMerge [ [ (mkIf on { node = "/dev/a"; modifier = "r"; }) ] (mkIf (!on) [ { node = "/dev/b"; modifier = "w"; } ]) ];
    extraVeths = mkIf on { v = mkMerge [ { hostBridge = "br0"; } (mkIf (!on) { localAddress = "1.2.3.4"; }) ]; };
    config = { };
  };
  networking.firewall.allowedTCPPorts = [ (mkIf (!on) 1) 2 (mkIf on 3) ];
  networking.nat.forwardPorts = mkIf on [ (mkIf (!on) (throw "never")) { sourcePort = 1; destination = "a:1"; } ];
  system.stateVersion = mkIf on "25.05";
}
