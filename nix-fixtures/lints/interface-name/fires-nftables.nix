# iptables' patterns with nftables.
{
  networking.nftables.enable = true;
  networking.nat = { enable = true; internalInterfaces = [ "ve-+" ]; externalInterface = "eth0"; };
  networking.firewall.interfaces."ve-+".allowedUDPPorts = [ 53 ];
  containers.web = { config = { }; };
}
