# Services that make a database of their own.
{
  containers.git.config.services.gitea = { enable = true; database.type = "postgres"; };
  containers.ci.config.services.woodpecker = { enable = true; database.createLocally = true; };
}
