{ site, ports, lib, ... }:
{
  networking.nat = {
    enable = true;
    internalIPs = [ "${site.prefix}.0.0/16" ];
    externalInterface = "wan";
  };
  networking.firewall.allowedTCPPorts = lib.concatLists (lib.attrValues ports);
}
