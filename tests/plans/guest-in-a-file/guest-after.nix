{ ... }:
{
  services.httpd.enable = true;
}
