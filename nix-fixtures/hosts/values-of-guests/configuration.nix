# The host reads what its guests say themselves: names, ports, options that they declare, what is handed into them.
{ config, lib, ... }:
let
  guest = name: config.containers.${name}.config;
in
{
  containers.db = {
    privateNetwork = true;
    hostAddress = "10.2.0.1";
    localAddress = "10.2.0.2";
    specialArgs.site = "north";
    config =
      { config, lib, site, ... }:
      {
        options.site.port = lib.mkOption { type = lib.types.port; default = 5432; };
        options.site.names = lib.mkOption { type = lib.types.listOf lib.types.str; default = [ ]; };
        config = {
          site.names = [ site ];
          site.port = 5433;
          users.users.db = { isNormalUser = true; uid = 2001; };
        };
      };
  };
  containers.web = {
    privateNetwork = true;
    config = {
      networking.hostName = "www";
      services.openssh.ports = [ 2022 ];
      users.groups.web.gid = 2002;
    };
    extraFlags = [
      "--db=${(guest "db").networking.hostName}.example:${toString (guest "db").site.port}"
      "--uid=${toString (guest "db").users.users.db.uid}"
      "--gid=${toString (guest "web").users.groups.web.gid}"
      "--names=${toString (guest "db").site.names}"
      "--web=${(guest "web").networking.hostName}"
      "--dhcp=${lib.boolToString (guest "web").networking.useDHCP}"
    ];
    forwardPorts = map (port: { hostPort = port + 1; containerPort = port; }) (guest "web").services.openssh.ports;
  };
  containers.off = {
    path = "/nix/store/00000000000000000000000000000000-off";
    config = lib.mkIf false { networking.hostName = throw "never"; };
  };
  networking.hostName = lib.mkIf ((guest "web").services.openssh.ports == [ 2022 ]) "has-web";
}
