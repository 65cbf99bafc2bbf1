# The web server.
let data = "/data"; in
{
  containers = {
    web.autoStart = true;
    web.path = "/nix/store/00000000000000000000000000000000-web";
    web.privateNetwork = !false;
    web.hostAddress = "10.0.0.1";
    web.localAddress = "10.0.0.${toString 2}";
    web.bindMounts.${data}.isReadOnly = false;
  };
}
