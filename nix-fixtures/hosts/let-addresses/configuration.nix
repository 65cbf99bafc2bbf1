# Addresses, ports and paths come from `let`, some computed from others.
{ config, lib, pkgs, ... }:
let
  subnet = "10.20.30";
  hostIp = "${subnet}.1";
  dataRoot = "/tank/containers";
  basePort = 8000;
  ports = {
    forge = basePort + 1;
    mail = basePort + 25;
    web = basePort * 2;
  };
  guest = n: "${subnet}.${toString (10 + n)}";
  state = name: "${dataRoot}/${name}";
  firewallPorts = builtins.attrValues ports;
in
{
  boot.loader.grub = {
    enable = true;
    device = "/dev/sda";
  };
  fileSystems = {
    "/".device = "/dev/sda1";
    "/tank" = {
      device = "tank/data";
      fsType = "zfs";
    };
  };

  networking = {
    hostName = "barn";
    useDHCP = false;
    interfaces.eno1.ipv4.addresses = [
      { address = "203.0.113.7"; prefixLength = 24; }
    ];
    defaultGateway = "203.0.113.1";
    nameservers = [ "9.9.9.9" hostIp ];
    nat = {
      enable = true;
      externalInterface = "eno1";
      internalIPs = [ "${subnet}.0/24" ];
    };
    firewall.allowedTCPPorts = firewallPorts ++ [ 443 ];
  };

  containers.forge = {
    autoStart = true;
    privateNetwork = true;
    hostAddress = hostIp;
    localAddress = guest 1;
    forwardPorts = [
      { containerPort = 3000; hostPort = ports.forge; protocol = "tcp"; }
    ];
    bindMounts.${state "forge"} = {
      hostPath = state "forge";
      isReadOnly = false;
    };
    config = { ... }: { system.stateVersion = "25.05"; };
  };

  containers.mail = {
    autoStart = true;
    privateNetwork = true;
    hostAddress = hostIp;
    localAddress = guest 2;
    timeoutStartSec = "${toString (60 * 3)}s";
    forwardPorts = [
      { containerPort = 25; hostPort = ports.mail; }
      { containerPort = ports.mail - 438; hostPort = 587; }
    ];
    bindMounts = {
      "/var/vmail" = { hostPath = "${state "mail"}/vmail"; isReadOnly = false; };
      "/etc/ssl/mail".hostPath = "/var/lib/acme/mail.example.org";
    };
    config = { system.stateVersion = "25.05"; };
  };

  containers.web = {
    ephemeral = true;
    privateNetwork = true;
    hostAddress = hostIp;
    localAddress = guest 3;
    forwardPorts = [ { hostPort = ports.web; containerPort = 80; } ];
    config = { services.nginx.enable = true; system.stateVersion = "25.05"; };
  };

  system.stateVersion = "25.05";
}
