{
  containers.db = { autoStart = true; config = { }; };
  containers.web = {
    autoStart = true;
    config = { };
    bindMounts."/data".hostPath = "/srv/data";
    bindMounts."/srv/same" = { };
    bindMounts."/db".hostPath = "/var/lib/nixos-containers/db/data";
  };
  services.container-rebuild.containers.web.bindSources = {
    "/srv/data" = { user = 1000; group = "users"; mode = "0750"; };
    "/srv/same" = { };
    "/srv/other" = { };
    "srv/relative" = { };
    "/var/lib/nixos-containers/db/data" = { };
  };
  services.container-rebuild.containers.db.bindSources = { "/x" = 5; };
  containers.odd = { config = { }; bindMounts."/odd" = { }; };
  services.container-rebuild.containers.odd.bindSources."/odd" = {
    user = "no body";
    group = 4294967295;
    mode = "0999";
    owner = "root";
  };
}
