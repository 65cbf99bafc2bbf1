{
  containers.web = {
    autoStart = true;
    config = {
      services.gitea.database.password = "hunter2";
    };
  };
}
