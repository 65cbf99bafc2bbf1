# Enabled; perhaps enabled; and enabled by another service.
{ pkgs, ... }: {
  services.nginx.enable = true;
  services.nginx.virtualHosts."example.org".root = "/srv/www";
  containers.perhaps.config.services.nginx = {
    enable = pkgs.stdenv.hostPlatform.isx86_64;
    virtualHosts.a.root = "/srv/a";
  };
  containers.cloud.config = {
    services.nextcloud.enable = true;
    system.stateVersion = "24.11";
    services.nginx.virtualHosts.a.forceSSL = true;
  };
}
