# A version in a module that the guest imports; a guest that keeps nothing; services without data.
let base = { system.stateVersion = "24.11"; };
in {
  containers.pg.config = { imports = [ base ]; services.postgresql.enable = true; };
  containers.test = { ephemeral = true; config.services.redis.servers.app.enable = true; };
  containers.web.config.services.nginx.enable = true;
  containers.off.config.services.mysql.enable = false;
}
