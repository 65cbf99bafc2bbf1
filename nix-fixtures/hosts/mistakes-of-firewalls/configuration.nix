# What NixOS asserts of firewalls and NAT, on a host and in guests.
{ ... }: {
  networking.nftables.enable = true;
  networking.firewall.extraCommands = "iptables -A INPUT -j ACCEPT";
  networking.enableIPv6 = false;
  networking.nat = {
    enable = true;
    enableIPv6 = true;
    extraCommands = ''
      iptables -t nat -L
    '';
  };
  containers.router.config = {
    networking.firewall.filterForward = true;
  };
  containers.old.config = {
    networking.nftables.enable = true;
    networking.firewall.extraStopCommands = "iptables -F";
  };
  # What is right: nothing to say, iptables' own, or no firewall at all.
  containers.empty.config = { networking.nftables.enable = true; networking.firewall.extraCommands = ""; };
  containers.iptables.config = { networking.firewall.extraCommands = "iptables -L"; };
  containers.off.config = {
    networking.nftables.enable = true;
    networking.firewall = { enable = false; extraCommands = "iptables -L"; };
  };
}
