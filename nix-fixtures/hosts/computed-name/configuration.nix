# Names of containers, mounts and interfaces are computed; the container reads its own name back.
{ config, lib, ... }:
let
  name = "matrix";
  domain = "chat.example.org";
  path = "/var/lib/${name}";
  iface = "ve-${name}";
  cfg = config.containers.${name};
in
{
  networking.hostName = "tower";
  networking.domain = "example.org";

  containers.${name} = {
    autoStart = true;
    privateNetwork = true;
    hostAddress = "192.168.${toString (lib.stringLength name)}.1";
    localAddress = "192.168.${toString (lib.stringLength name)}.2";
    bindMounts = {
      ${path} = {
        hostPath = "/persist${path}";
        isReadOnly = false;
      };
      "/run/secrets/${name}.key".hostPath = "/root/${name}.key";
    };
    extraFlags = [ "--hostname=${domain}" "--private-users-ownership=auto" ];
    config = { ... }: {
      networking.domain = domain;
      system.stateVersion = "24.11";
    };
  };
  containers."${name}-bridge" = {
    privateNetwork = cfg.privateNetwork;
    hostAddress = cfg.hostAddress;
    localAddress = lib.removeSuffix ".2" cfg.localAddress + ".3";
    config = { };
  };

  networking.nat = {
    enable = true;
    internalInterfaces = [ iface "${iface}-bridge" ];
    externalInterface = "eth0";
  };
  networking.firewall.interfaces.${iface} = {
    allowedTCPPorts = [ 5432 ];
  };
  services.nginx = {
    enable = true;
    virtualHosts.${domain}.locations."/".proxyPass = "http://${cfg.localAddress}:8008";
  };
  networking.firewall.allowedTCPPorts = [ 80 443 8448 ];
  system.stateVersion = "24.11";
}
