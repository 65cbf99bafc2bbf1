n:
let
  net = "10.60." + toString n;
in
{
  privateNetwork = true;
  hostAddress = net + ".1";
  localAddress = net + ".2";
  config = { config, pkgs, ... }: { services.httpd.enable = true; services.httpd.adminAddr = "root@localhost"; };
}
