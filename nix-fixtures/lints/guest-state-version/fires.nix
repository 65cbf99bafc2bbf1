# The host says which release its state is of; the guest, whose database it is about, does not.
{
  system.stateVersion = "22.11";
  containers.pg.config = { pkgs, ... }: { services.postgresql.enable = true; };
  containers.cache.config.services.redis.servers.app.enable = true;
}
