{
  containers.web = { privateUsers = "pick"; privateNetwork = true; config.services.x.adminPassword = "hunter2"; };
}
