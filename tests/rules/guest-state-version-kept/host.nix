{ config, lib, ... }: {
  system.stateVersion = "24.05";
  containers.same = { config = { system = { inherit (config.system) stateVersion; }; services.postgresql.enable = true; }; };
  containers.maybe = { config = { pkgs, ... }: { services.postgresql.enable = pkgs.foo.x; }; };
  containers.paths = { ephemeral = true; bindMounts."/var/lib/influxdb2" = { hostPath = "/srv/i"; isReadOnly = false; }; config.services.influxdb2.enable = true; };
  containers.thrown = { ephemeral = true; config.services.influxdb2.enable = true; };
}
