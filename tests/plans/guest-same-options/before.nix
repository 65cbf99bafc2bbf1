{ lib, ... }:
{
  containers.web = {
    autoStart = true;
    config = {
      services.httpd.enable = true;
    };
  };
}
