{ pkgs, ... }:
{
  containers.db = { autoStart = true; config = { }; };
  containers.web = { autoStart = true; config = { }; };
  containers.good = { autoStart = true; config = { }; };
  services.container-rebuild.containers = {
    good.healthCheck = { ports = [ 80 443 ]; units = [ "nginx.service" ]; timeoutSec = 90; };
    db.healthCheck = { };
    web.healthCheck = {
      ports = [ 80 0 "http" ];
      units = [ "nginx" ];
      timeoutSec = 86400;
      path = "/";
    };
  };
}
