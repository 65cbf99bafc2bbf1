# Options of containers and of the firewall under weaker definitions than their defaults, and under none.
{ config, lib, ... }: let inherit (lib) mkOption types mkIf; in {
  containers.t = { bindMounts = mkIf false { "/x" = { }; }; forwardPorts = mkIf false [ { hostPort = 1; } ]; extraVeths = lib.mkOverride 1600 { v.localAddress = "1.1.1.1"; }; localAddress = lib.mkOverride 1501 "10.0.0.1"; tmpfs = lib.mkOptionDefault [ "/a" ]; autoStart = lib.mkOverride 1499 true; config = { }; };
  networking.nat.forwardPorts = lib.mkIf false [ ]; networking.firewall.allowedTCPPorts = lib.mkOptionDefault [ 5 ]; networking.firewall.trustedInterfaces = lib.mkIf false [ "x" ];
  networking.firewall.interfaces = lib.mkIf false { eth0.allowedTCPPorts = [ 1 ]; };
  containers.u = lib.mkIf false { config = { }; };
  containers.v = lib.mkMerge [ (lib.mkIf false { autoStart = true; }) { config = { }; } ];
}
