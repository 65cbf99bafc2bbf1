# Five independent mistakes in one configuration; `check` reports all of them in one run.
{ config, lib, ... }:
{
  networking.hostName = "mistakes";

  containers.web = {
    autoStart = "yes";
    privateNetwork = true;
    hostAddress = "10.90.0.1";
    localAddress = "10.90.0.2";
    forwardPorts = [ { hostPort = 8080; containerPort = 80; } ];
    config = { };
  };

  containers.db = {
    privateNetwork = true;
    hostAdress = "10.90.1.1";
    localAddress = "10.90.1.2";
    config = { };
  };

  containers.cache = {
    privateNetwork = true;
    localAddress = "10.90.2.2";
    forwardPorts = [ { hostPort = 99999; } ];
    config = { };
  };

  containers.mail = {
    bindMounts."/var/mail".isReadOnly = lib.mkMerge [ true false ];
    config = { };
  };

  networking.nat.externalInterface = [ "eth0" ];
  system.stateVersion = "25.05";
}
