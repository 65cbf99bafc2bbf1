{
  containers.web = {
    autoStart = true;
    config = {
      services.gitea.database.password = "correct horse";
    };
  };
}
