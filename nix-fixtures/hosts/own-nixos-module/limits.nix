{ lib, ... }:
{
  containers.web.dropCapabilities = [ "CAP_BPF" ];
  services.container-rebuild.keepGenerations = 7;
  services.container-rebuild.containers.web = {
    after = [ "db" ];
    requires = [ "cache" ];
    healthCheck = { units = [ "nginx.service" ]; timeoutSec = lib.mkForce 60; };
    resourceControl.TasksMax = 4096;
  };
}
