{ user, lib, ... }:
{
  containers.inside = {
    autoStart = true;
    extraFlags = [ "--setenv=USER=${user}" ];
    bindMounts."/home/${user}".isReadOnly = false;
    config = { };
  };
  networking.firewall.allowedTCPPorts = lib.range 8000 8003;
}
