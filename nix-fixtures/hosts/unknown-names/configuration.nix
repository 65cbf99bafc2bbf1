# Names that nobody can know here: of a container, of mounts, of interfaces; the known neighbours keep their values.
{ config, lib, pkgs, tenant, ... }:
{
  networking.hostName = "names";
  containers.fixed = {
    autoStart = true;
    bindMounts."/known".hostPath = "/known";
    bindMounts."/srv/${tenant}" = { hostPath = "/tenants"; isReadOnly = false; };
    config = { };
  };
  containers.plain = { ephemeral = true; config = { }; };
  networking.firewall.interfaces = {
    lan.allowedTCPPorts = [ 22 ];
    "ve-${tenant}".allowedTCPPorts = [ 80 ];
  };
  networking.nat.internalInterfaces = [ "ve-fixed" "ve-${tenant}" ];
  system.stateVersion = "25.05";
}
