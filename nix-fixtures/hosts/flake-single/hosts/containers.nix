{ config, hostRole, ... }:
{
  containers.caddy = {
    autoStart = hostRole == "server";
    privateNetwork = true;
    hostAddress = "10.0.0.1";
    localAddress = "10.0.0.2";
    bindMounts."/run/cf-token".hostPath = config.age.secrets.cf.path;
    bindMounts."/srv" = { hostPath = "/srv/www"; isReadOnly = true; };
    config = { services.caddy.enable = true; system.stateVersion = "25.05"; };
  };
}
