{
  containers.db = { path = "/nix/store/00000000000000000000000000000000-web"; autoStart = true; };
  containers.web = { path = "/nix/store/00000000000000000000000000000000-web"; autoStart = true; };
  systemd.services."container@web" = {
    after = [ "container@db.service" "postgresql.service" ];
    serviceConfig.MemoryMax = "1G";
  };
}
