# iptables' patterns where nftables reads them: as a string, and as a name.
{
  networking.nftables.enable = true;
  networking.nat = {
    enable = true;
    externalInterface = "eth0";
    internalInterfaces = [ "br0" "ve-+" /* all */ ];
  };
  networking.firewall.interfaces."ve-+".allowedUDPPorts = [ 53 ];
  containers.web.config = { };
}
