{
  containers.web = {
    autoStart = true;
    config.services.gitea = {
      enable = false;
      database.password = "hunter2";
      apiTokens = [ "xyzzy" ];
    };
  };
}
