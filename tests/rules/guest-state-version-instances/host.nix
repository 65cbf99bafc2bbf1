{ lib, ... }: {
  containers = lib.mapAttrs (_: config: { inherit config; }) {
    cache.services.redis.servers.sessions = { enable = true; port = 6379; };
    wiki = { services.wiki = { enable = true; database = { createLocally = true; }; }; };
    web.services.nginx.enable = true;
    old = { services.postgresql.enable = true; system = lib.mkIf true { stateVersion = "23.11"; }; };
  };
}
