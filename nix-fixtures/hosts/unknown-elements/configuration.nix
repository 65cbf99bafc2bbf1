# Lists of which some elements are there perhaps: mapped, joined, filtered, searched and folded; only what depends on them is unknown.
{ lib, site, config, ... }:
let
  ports = [ 22 ] ++ lib.optional site.web 80 ++ [ 443 ];
  names = lib.attrNames ({ b = 1; a = 2; } // lib.optionalAttrs site.web { web = 3; });
in
{
  networking.hostName = "elements";
  containers.e = {
    autoStart = lib.elem 443 ports;
    ephemeral = lib.elem 81 ports;
    enableTun = lib.any (p: p > 400) ports;
    privateNetwork = lib.all (p: p > 0) [ 22 443 ];
    hostAddress = "10.0.0.${toString (lib.head ports)}";
    localAddress = if lib.length [ 1 ] == 1 then "10.0.0.${lib.head names}" else null;
    timeoutStartSec = "${toString (lib.foldl' (a: p: if p == 22 then a + 1 else a) 0 ports)}min";
    hostBridge = lib.mkIf (lib.elem 22 ports) "br0";
    config = { };
  };
  containers.two = lib.mkMerge ([ { autoStart = true; config = { }; } ] ++ lib.optional site.web { ephemeral = true; });
  networking.nat.internalIPs = lib.filter (n: n != "10.web") (map (n: "10.${n}") names);
  networking.firewall.interfaces = lib.genAttrs names (n: { allowedUDPPorts = [ 1 ]; });
  system.stateVersion = lib.optionalString (lib.elem "a" names) "25.05";
}
