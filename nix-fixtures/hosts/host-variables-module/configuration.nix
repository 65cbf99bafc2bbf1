# Host variables as an untyped option set (`options.vars` of `attrs`/`anything`), as many configurations keep them.
{ config, lib, ... }:
{
  imports = [ ./vars.nix ./guests/one.nix ./guests/two.nix ];
  vars.hostName = "variables";
  vars.network = { wan = "enp1s0"; dns = [ "10.0.0.1" ]; };
  networking.hostName = config.vars.hostName;
  networking.nameservers = config.vars.network.dns;
  networking.nat.externalInterface = config.vars.network.wan;
  system.stateVersion = config.vars.stateVersion;
}
