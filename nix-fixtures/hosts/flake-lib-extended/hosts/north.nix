{ lib, ... }:
{
  containers = lib.recursiveMerge [
    { web = lib.own.veth { id = 1; mounts = [ "/srv/www" ]; } // { autoStart = true; config = { }; }; }
    { web.ephemeral = true; db = lib.own.veth { id = 2; } // { config = { }; }; }
  ];
}
