# One module for many instances of a service, each in its own container, with backends chosen by type and ports counted up.
{ lib, ... }:
{
  imports = [ ./instances.nix ];
  forge = {
    basePort = 4000;
    instances = {
      main = { backend.postgres = { host = "10.1.1.1"; }; replicas = 2; };
      test = { backend.sqlite = { path = "/data/test.db"; }; settings.log.level = "debug"; };
      off = { enable = false; backend.sqlite = { }; };
    };
  };
  networking.hostName = "forge";
  system.stateVersion = "25.05";
}
