# Settings of a service under its own `enable`, as most modules are written: in one set, by `mkMerge`, and in another file.
{ config, lib, ... }:
{
  imports = [
    { services.feeds.enable = true; }
    (
      { config, ... }:
      {
        services = lib.mkIf config.services.feeds.enable {
          cache.enable = true;
          feeds.port = 8081;
        };
      }
    )
  ];
  services.feeds = lib.mkIf config.services.feeds.enable {
    statusPage = true;
    hosts.a.listen = [ { addr = "10.0.0.1"; port = 81; } ];
  };
  services.mirror = lib.mkMerge [
    (lib.mkIf config.services.cache.enable { enable = true; })
    (lib.mkIf (!config.services.mirror.enable) { port = 1; })
    (lib.mkIf config.services.mirror.enable { port = 2; })
  ];
  containers.a = {
    autoStart = config.services.feeds.statusPage;
    ephemeral = config.services.cache.enable;
    forwardPorts = [
      { hostPort = config.services.feeds.port; }
      { hostPort = config.services.mirror.port; }
    ];
    config = { };
  };
  system.stateVersion = "25.11";
}
