# Guests are read by each other through the host, and by functions over all of them.
{ config, lib, ... }:
let
  guests = lib.mapAttrs (_: container: container.config) (removeAttrs config.containers [ "proxy" ]);
  port = guest: builtins.head guest.services.openssh.ports;
in
{
  containers = {
    a.config = { services.openssh.ports = [ 2201 ]; };
    b.config = { lib, ... }: { services.openssh.ports = lib.mkForce [ 2202 ]; networking.hostName = lib.mkForce "bee"; };
    c = lib.mkMerge [
      { config = { services.openssh.ports = [ 2203 ]; }; }
      { config = { services.openssh.ports = [ 2204 ]; }; autoStart = true; }
    ];
    proxy = {
      privateNetwork = true;
      forwardPorts = lib.mapAttrsToList (_: guest: { hostPort = port guest; }) guests;
      extraFlags = lib.mapAttrsToList (name: guest: "--${name}=${guest.networking.hostName}") guests;
      config.users.users.proxy = { isNormalUser = true; };
      bindMounts."/home/proxy".hostPath = config.containers.proxy.config.users.users.proxy.home;
    };
  };
  networking.firewall.trustedInterfaces = lib.optional (port guests.a == 2201) "ve-a";
}
