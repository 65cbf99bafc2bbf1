# Off by default only, with a module that is not here, and with a service that turns it on.
{ lib, ... }: {
  imports = [ <nowhere/web.nix> ];
  services.nginx.enable = lib.mkDefault false;
  services.nginx.virtualHosts."example.org".root = "/srv/www";
  containers.cloud.config = {
    services.nextcloud.enable = true;
    system.stateVersion = "24.11";
    services.nginx.enable = lib.mkDefault false;
    services.nginx.virtualHosts.a.forceSSL = true;
  };
}
