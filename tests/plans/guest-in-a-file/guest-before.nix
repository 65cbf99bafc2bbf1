{ ... }:
{
  services.httpd.enable = false;
}
