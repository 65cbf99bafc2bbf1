{ lib, ... }:
{
  containers.web = {
    autoStart = true;
    config = {
      services.httpd.enable = lib.all (port: port > 0) [ 80 443 ];
    };
  };
}
