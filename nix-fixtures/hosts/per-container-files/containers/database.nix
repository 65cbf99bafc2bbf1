{ config, ... }:
{
  containers.database = {
    autoStart = true;
    privateNetwork = true;
    hostAddress = "10.10.1.1";
    localAddress = "10.10.1.2";
    bindMounts."/var/lib/postgresql" = { hostPath = "/srv/pg"; isReadOnly = false; };
    config = { services.postgresql.enable = true; networking.firewall.allowedTCPPorts = [ 5432 ]; system.stateVersion = "24.05"; };
  };
  networking.nat.internalInterfaces = [ "ve-database" ];
}
