{ me, kinds, inventory, lib, ... }:
{
  networking.hostName = me.name;
  pods = lib.listToAttrs (lib.imap1 (i: p: lib.nameValuePair p i) me.pods);
  networking.nat.internalIPs = [ "${me.ip}/24" ];
  networking.firewall.interfaces = lib.mapAttrs' (n: kind: lib.nameValuePair "if-${n}" { allowedTCPPorts = if kind == "flake" then [ 1 ] else [ 2 ]; }) kinds;
  networking.nameservers = [ inventory.dns ];
  networking.nat.dmzHost = inventory.dns;
  system.stateVersion = "24.11";
}
