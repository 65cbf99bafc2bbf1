{ config, lib, hostRole, inputs, ... }:
{
  imports = [ ./containers.nix ];
  age.secrets.cf.file = ../secrets/cf.age;
  networking.nat = {
    enable = hostRole == "server";
    internalInterfaces = [ "ve-+" ];
    externalInterface = "eth0";
  };
  networking.firewall.allowedTCPPorts = lib.optionals (inputs ? agenix) [ 80 443 ];
  system.stateVersion = "25.05";
}
