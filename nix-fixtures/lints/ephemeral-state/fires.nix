# A database, and a forge whose folder is elsewhere than the one that is kept.
{
  containers.db = {
    ephemeral = true;
    bindMounts."/var/log" = { hostPath = "/srv/log"; isReadOnly = false; };
    config = { services.postgresql.enable = true; system.stateVersion = "24.11"; };
  };
  containers.git = {
    ephemeral = true;
    bindMounts."/var/lib/gitea" = { hostPath = "/srv/gitea"; isReadOnly = false; };
    config.services.gitea = { enable = true; stateDir = "/data/gitea"; };
  };
}
