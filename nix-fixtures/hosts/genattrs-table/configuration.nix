# `genAttrs` over a list of names, with a table of what differs and `or` for what it leaves out.
{ lib, ... }:
let
  table = {
    alpha = { octet = 11; memory = "2G"; bridge = "br-lan"; };
    beta = { octet = 12; bridge = "br-lan"; };
    gamma = { octet = 13; readOnly = [ "/srv/share" ]; };
    delta = { octet = 14; memory = "512M"; autoStart = false; };
  };
  names = builtins.attrNames table;
in
{
  networking = {
    hostName = "rack1";
    bridges.br-lan.interfaces = [ "enp3s0" ];
    bridges.br-dmz.interfaces = [ ];
    firewall.trustedInterfaces = [ "br-lan" ];
    firewall.interfaces = lib.genAttrs [ "br-dmz" "br-lan" ] (bridge: {
      allowedUDPPorts = [ 53 67 ];
      allowedTCPPorts = if bridge == "br-dmz" then [ ] else [ 53 ];
    });
  };

  containers = lib.genAttrs names (
    name:
    let
      entry = table.${name};
      memory = entry.memory or "1G";
    in
    {
      autoStart = entry.autoStart or true;
      privateNetwork = true;
      hostBridge = entry.bridge or "br-dmz";
      localAddress = "192.168.7.${toString entry.octet}/24";
      extraFlags = [ "--property=MemoryMax=${memory}" ] ++ lib.optional (memory != "512M") "--property=CPUWeight=50";
      bindMounts = lib.genAttrs (entry.readOnly or [ ]) (path: { hostPath = path; });
      config = { networking.defaultGateway = "192.168.7.1"; system.stateVersion = "23.11"; };
    }
  );

  system.stateVersion = "23.05";
}
