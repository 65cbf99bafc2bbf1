# Covered by a pattern; no need of the outside; fetching from the host or the LAN; a proxy; a public address.
{ pkgs, ... }:
let
  container = n: config: {
    privateNetwork = true;
    hostAddress = "192.168.100.2";
    localAddress = "192.168.100.${toString n}";
    inherit config;
  };
in {
  networking.nat = { enable = true; internalInterfaces = [ "ve-covered" ]; externalInterface = "eth0"; };
  containers.covered = container 10 { system.autoUpgrade.enable = true; };
  containers.quiet = container 11 { services.postgresql.enable = true; system.stateVersion = "24.11"; };
  containers.local = container 12 { systemd.services.x.script = "curl http://192.168.100.10/list"; };
  containers.proxied = container 13 {
    networking.proxy.default = "http://192.168.100.10:3128";
    services.miniflux.enable = true;
  };
  containers.perhaps = container 14 { services.transmission.enable = pkgs.stdenv.hostPlatform.isx86_64; };
  containers.clock = container 17 { services.chrony = { enable = true; servers = [ "192.168.100.2" ]; }; };
  containers.forwarder = container 18 {
    services.unbound = { enable = true; settings.forward-zone = [ { name = "."; forward-addr = "192.168.100.2"; } ]; };
  };
  containers.front = container 19 {
    services.nginx.enable = true;
    services.nginx.virtualHosts.a.locations."/".proxyPass = "http://app.lan:8080";
  };
  containers.public = container 15 { services.tor.enable = true; } // { localAddress = "198.51.100.7"; };
  containers.bridged = container 16 { services.tor.enable = true; } // { hostBridge = "br0"; localAddress = "192.168.100.16/24"; };
}
