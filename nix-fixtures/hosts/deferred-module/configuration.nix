# Guests as values of own options: `deferredModule`, functions as option values, and modules composed per container.
{ config, lib, ... }:
{
  imports = [ ./guests.nix ];
  networking.hostName = "deferred";
  guests.common = { time.timeZone = "UTC"; system.stateVersion = "25.05"; };
  guests.definitions = {
    a = { lib, ... }: { services.nginx.enable = lib.mkDefault true; };
    b = { networking.firewall.allowedTCPPorts = [ 80 ]; };
    c = ./c.nix;
  };
  guests.address = name: "10.26.0.${toString (10 + lib.length (lib.filter (n: n < name) (lib.attrNames config.guests.definitions)))}";
  guests.overrides.b = old: old // { ephemeral = true; extraFlags = [ "--was=${toString old.localAddress}" ]; };
  system.stateVersion = "25.05";
}
