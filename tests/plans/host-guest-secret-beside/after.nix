{
  containers.web = {
    autoStart = true;
    config.services.gitea = {
      enable = true;
      database.password = "correct horse";
      apiTokens = [ "xyzzy" ];
      mailerToken = "plugh";
    };
  };
}
