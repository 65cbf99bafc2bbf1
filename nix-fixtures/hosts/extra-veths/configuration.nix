# Several links for one container: `extraVeths` with bridges, addresses, and one that is empty.
{ lib, ... }:
let
  vlans = {
    mgmt = 10;
    storage = 20;
    guests = 30;
  };
in
{
  networking = {
    hostName = "switchboard";
    useDHCP = false;
    vlans = lib.mapAttrs (_: id: { inherit id; interface = "eno1"; }) vlans;
    bridges = lib.mapAttrs' (name: _: { name = "br-${name}"; value.interfaces = [ name ]; }) vlans;
    macvlans.mv-host = { interface = "eno1"; mode = "bridge"; };
  };

  containers.router = {
    autoStart = true;
    privateNetwork = true;
    hostBridge = "br-mgmt";
    localAddress = "10.10.0.254/24";
    localAddress6 = "fd10::254/64";
    localMacAddress = "02:00:00:00:10:fe";
    enableTun = true;
    additionalCapabilities = [ "CAP_NET_ADMIN" "CAP_NET_RAW" ];
    extraVeths =
      lib.mapAttrs' (
        name: id:
        lib.nameValuePair "rt-${name}" {
          hostBridge = "br-${name}";
          localAddress = "10.${toString id}.0.254/24";
        }
      ) (removeAttrs vlans [ "mgmt" ])
      // {
        p2p = {
          hostAddress = "172.31.0.1";
          localAddress = "172.31.0.2";
          hostAddress6 = "fe80::1";
          localAddress6 = "fd31::2";
          forwardPorts = [ { hostPort = 179; protocol = "tcp"; } ];
        };
        spare = { };
      };
    config = { systemd.network.enable = true; system.stateVersion = "25.11"; };
  };
  system.stateVersion = "25.11";
}
