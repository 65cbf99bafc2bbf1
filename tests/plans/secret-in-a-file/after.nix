{
  containers.web = {
    autoStart = true;
    config = {
      services.gitea.database.passwordFile = "/run/b";
    };
  };
}
